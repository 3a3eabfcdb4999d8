#include <infograd/nn/plot/font.h>

namespace infograd::plot {

std::string_view glyph(char character) {
  // clang-format off
  switch (character) {
    case ' ': return "";
    case '0': return "103041453616050110";
    case '1': return "012026 0646";
    case '2': return "01103041420646";
    case '3': return "01103041423323 334445361605";
    case '4': return "36300444";
    case '5': return "400002324345361605";
    case '6': return "413010010516364544331304";
    case '7': return "004016";
    case '8': return "13020110304142331304051636454433";
    case '9': return "051636454130100102133342";
    case 'A': return "062046 1434";
    case 'B': return "003041423303 334445360600";
    case 'C': return "4130100105163645";
    case 'D': return "00304145360600";
    case 'E': return "40000646 0333";
    case 'F': return "400006 0333";
    case 'G': return "41301001051636454323";
    case 'H': return "0006 4046 0343";
    case 'I': return "1030 2026 1636";
    case 'J': return "4045361605";
    case 'K': return "0006 4003 1346";
    case 'L': return "000646";
    case 'M': return "0600234046";
    case 'N': return "06004640";
    case 'O': return "103041453616050110";
    case 'P': return "06003041423303";
    case 'Q': return "103041453616050110 2446";
    case 'R': return "06003041423303 2346";
    case 'S': return "413010010213334445361605";
    case 'T': return "0040 2026";
    case 'U': return "000516364540";
    case 'V': return "002640";
    case 'W': return "0016233640";
    case 'X': return "0046 4006";
    case 'Y': return "002340 2326";
    case 'Z': return "00400646";
    case 'a': return "4246 4332120305163645";
    case 'b': return "0006 0312324345361605";
    case 'c': return "4332120305163645";
    case 'd': return "4046 4332120305163645";
    case 'e': return "04444332120305163645";
    case 'f': return "30201116 0232";
    case 'g': return "4247381807 4332120305163645";
    case 'h': return "0006 0312324346";
    case 'i': return "2226 2020";
    case 'j': return "22271808 2020";
    case 'k': return "0006 3204 1436";
    case 'l': return "2026";
    case 'm': return "0206 03122326 23324346";
    case 'n': return "0206 0312324346";
    case 'o': return "123243453616050312";
    case 'p': return "0208 0312324345361605";
    case 'q': return "4248 4332120305163645";
    case 'r': return "0206 041232";
    case 's': return "4212031434453606";
    case 't': return "10152636 0232";
    case 'u': return "0205163645 4246";
    case 'v': return "022642";
    case 'w': return "0216243642";
    case 'x': return "0246 4206";
    case 'y': return "0226 4218";
    case 'z': return "02420646";
    case '.': return "1616";
    case ',': return "1607";
    case ':': return "1313 1616";
    case ';': return "1313 1607";
    case '-': return "0343";
    case '+': return "0343 2125";
    case '=': return "0242 0444";
    case '/': return "0640";
    case '|': return "2027";
    case '_': return "0747";
    case '(': return "20111526";
    case ')': return "10212516";
    case '[': return "20101626";
    case ']': return "10202616";
    case '<': return "410345";
    case '>': return "014305";
    case '^': return "022042";
    case '*': return "2125 0244 4204";
    case '%': return "0640 0101 4545";
    case '\'': return "1011";
    case '"': return "1011 3031";
    case '!': return "2024 2626";
    case '?': return "01103041422324 2626";
    case '#': return "1016 3036 0242 0444";
    case '&': return "46020110213305163643";
    default: return "0040460600";
  }
  // clang-format on
}

}  // namespace infograd::plot
