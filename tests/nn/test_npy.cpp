#include <fstream>

#include <gmock/gmock.h>
#include <zlib.h>

#include <infograd/nn/data/npy.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/shape_ops.h>

#include "tests/nn/files.h"

namespace infograd {
namespace {

using data::load_npy;
using data::save_npy;
using test::Bytes;
using test::operator+;
using testing::HasSubstr;

class Npy : public test::FileTest {
 protected:
  std::string file(const std::string& header, const Bytes& values, uint8_t major = 1) const {
    Bytes prefix = test::bytes("\x93NUMPY") + Bytes{major, 0};
    const auto size = header.size();
    prefix.push_back(static_cast<uint8_t>(size));
    prefix.push_back(static_cast<uint8_t>(size >> 8U));
    if (major > 1) prefix = prefix + Bytes{0, 0};
    return write("crafted.npy", prefix + test::bytes(header) + values);
  }
  std::string reason(const std::string& header, const Bytes& values = {}) const {
    const auto name = file(header, values);
    const auto text = message_of<IoError>([&] { load_npy(name); });
    EXPECT_THAT(text, HasSubstr(name)) << header;
    return text;
  }
};

TEST_F(Npy, WritesTheGoldenBytes) {
  save_npy(path("golden.npy"), tensor({{1, 2}, {3, 4}}));
  const Bytes written = read(path("golden.npy"));
  ASSERT_EQ(written.size(), 144U);
  EXPECT_EQ((Bytes(written.begin(), written.begin() + 10)),
            (Bytes{0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 0x76, 0}));
  EXPECT_EQ(crc32(0, written.data(), 144), 0x7520fb4eU);
}

TEST_F(Npy, RoundTripKeepsTypeShapeAndValues) {
  const Tensor matrix = tensor({{1, 2, 3}, {4, 5, 6}});
  for (const Tensor& x : {matrix, transpose(matrix), tensor({1, 0}).to(DType::b8),
                          tensor({1, 255}).to(DType::u8), tensor({-1, 7}).to(DType::i64),
                          scalar(1.0 / 3, DType::f64), zeros({2, 0}), zeros({1, 1, 1, 1, 2, 1})}) {
    save_npy(path("x.npy"), x);
    const Tensor back = load_npy(path("x.npy"));
    EXPECT_EQ(back.dtype(), x.dtype());
    EXPECT_EQ(to_string(back), to_string(x));
  }
  EXPECT_THAT(message_of<DTypeError>([&] { save_npy(path("x.npy"), matrix.to(DType::bf16)); }),
              HasSubstr("bf16"));
}

TEST_F(Npy, ReadsEveryDialectOfTheHeader) {
  const Bytes two{1, 2};
  for (const auto& name :
       {file("{'descr': '|u1', 'fortran_order': False, 'shape': (2,), }\n", two),
        file("{\"shape\":(2L,),\"fortran_order\":False,\"descr\":\"<u1\"}", two, 2),
        file("  { 'fortran_order' : False , 'descr' : '>u1' , 'shape' : ( 2 , ) }  \n", two, 3)})
    EXPECT_EQ(load_npy(name).to_vector<uint8_t>(), two);
  const auto header = [](const std::string& descr, const std::string& shape, const char* fortran = "False") {
    return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }";
  };
  EXPECT_EQ(load_npy(file(header(">f4", "()"), {0x3f, 0xc0, 0, 0})).item<float>(), 1.5F);
  EXPECT_EQ(load_npy(file(header("<f2", "(1,)"), {0, 0x3c})).item<float>(), 1.0F);
  EXPECT_EQ(load_npy(file(header(">i2", "(1,)"), {0xff, 0xfe})).item<int64_t>(), -2);
  EXPECT_EQ(load_npy(file(header("<u8", "()"), {9, 0, 0, 0, 0, 0, 0, 0})).item<int64_t>(), 9);
  const Tensor fortran = load_npy(file(header("|u1", "(2, 3)", "True"), {1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(fortran.shape(), (Shape{2, 3}));
  EXPECT_EQ(fortran.to_vector<uint8_t>(), (Bytes{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(load_npy(file(header("|u1", "(1,)"), two), {.allow_trailing = true}).item<uint8_t>(), 1);
}

TEST_F(Npy, MalformedFilesNameTheFault) {
  const Bytes two{1, 2};
  const std::string tail = ", 'fortran_order': False, 'shape': (2,), }";
  EXPECT_THAT(message_of<IoError>([&] { load_npy(write("x", test::bytes("PK34567890"))); }),
              HasSubstr("not an .npy"));
  EXPECT_THAT(message_of<IoError>([&] { load_npy(file("{}", {}, 4)); }), HasSubstr("version 4.0"));
  EXPECT_THAT(message_of<IoError>([&] {
                load_npy(write("x", test::bytes("\x93NUMPY") + Bytes{1, 0, 255, 255}));
              }),
              HasSubstr("claims 65535"));
  EXPECT_THAT(reason("{'descr': '|O'" + tail, two), HasSubstr("pickled"));
  EXPECT_THAT(reason("{'descr': '<U3'" + tail, two), HasSubstr("'<U3' is not supported"));
  EXPECT_THAT(reason("{'descr': '|f4'" + tail, two), HasSubstr("not supported"));
  EXPECT_THAT(reason("{'descr': [('a', '<f4')]" + tail, two), HasSubstr("structured"));
  EXPECT_THAT(reason("{'descr': '|u1', 'shape': (2,)}", two), HasSubstr("missing"));
  EXPECT_THAT(reason("{'descr': '|u1', 'descr': '|u1'" + tail, two), HasSubstr("twice"));
  EXPECT_THAT(reason("{'descr': '|u1', 'order': 'C'" + tail, two), HasSubstr("unexpected key 'order'"));
  EXPECT_THAT(reason("{'descr': '|u1', 'fortran_order': 0, 'shape': (2,)}", two), HasSubstr("True or False"));
  EXPECT_THAT(reason("{'descr': '|u1', 'fortran_order': False, 'shape': (-2,)}", two),
              HasSubstr("natural number"));
  EXPECT_THAT(reason("{'descr': '|u1', 'fortran_order': False, 'shape': (2)}", two),
              HasSubstr("not a tuple"));
  EXPECT_THAT(reason("{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}", two),
              HasSubstr("overflows"));
  EXPECT_THAT(reason("{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4)}", two),
              HasSubstr("too many"));
  EXPECT_THAT(reason("{'descr': '|u1', 'fortran_order': False, 'shape': (1,1,1,1,1,1,2)}", two),
              HasSubstr("rank 7"));
  EXPECT_THAT(reason("{'descr': '|u1'" + tail + " x", two), HasSubstr("text after"));
  EXPECT_THAT(reason("{'descr': '|u1'" + tail, {1}), HasSubstr("needs 2 bytes"));
  EXPECT_THAT(reason("{'descr': '|u1'" + tail, {1, 2, 3}), HasSubstr("1 bytes after the array"));
}

TEST_F(Npy, SurvivesRandomDamage) {
  save_npy(path("x.npy"), tensor({{1, 2}, {3, 4}}));
  const Bytes original = read(path("x.npy"));
  Generator generator(3);
  for (int round = 0; round < 1000; ++round) {
    const auto name = write("damaged", test::damaged(original, generator));
    try {
      EXPECT_LE(load_npy(name).numel(), 64);
    } catch (const IoError&) {
    }
  }
}

TEST_F(Npy, AgreesWithNumPy) {
  const char* python = std::getenv("INFOGRAD_PYTHON");
  const std::string program = python != nullptr ? python : "python3";
  if (std::system((program + " -c 'import numpy' 2>/dev/null").c_str()) != 0)
    GTEST_SKIP() << program << " has no numpy; INFOGRAD_PYTHON names another interpreter";
  save_npy(path("ours.npy"), tensor({{1, 2, 3}, {4, 5, 6}}));
  std::ofstream(path("check.py")) << R"(
import sys
import numpy as np
assert np.array_equal(np.load(sys.argv[1]), np.arange(1, 7, dtype=np.float32).reshape(2, 3))
np.save(sys.argv[2], np.asfortranarray(np.arange(6).reshape(2, 3)))
)";
  ASSERT_EQ(
      std::system(
          (program + " " + path("check.py") + " " + path("ours.npy") + " " + path("theirs.npy")).c_str()),
      0);
  EXPECT_EQ(load_npy(path("theirs.npy")).to_vector<int64_t>(), (std::vector<int64_t>{0, 1, 2, 3, 4, 5}));
}

}  // namespace
}  // namespace infograd
