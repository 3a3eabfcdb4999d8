// One row per exported op, run in four modes: cpu backend against reference, first derivative, second
// derivative (both by f64 finite differences) and benchmark. The guard test in ops/test_op_guard.cpp fails
// for an op without a row.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include <infograd/core/generator.h>
#include <infograd/core/tensor.h>

namespace infograd::testing {

/// Values of one argument: n numbers from a generator.
using ValueMaker = std::function<std::vector<double>(int64_t n, Generator& generator)>;

/// One argument of a row.
struct Input {
  ValueMaker values;
  std::optional<DType> dtype{};  ///< fixed, such as i64 for an index; otherwise the dtype of the run
  bool differentiable = true;    ///< ignored for integers
};

// Usual inputs. Stay away from kinks by more than the finite-difference step.
Input normal();
Input uniform(double low, double high);
Input positive();                            ///< 0.5 .. 2
Input away_from(std::vector<double> kinks);  ///< normal, at least 0.1 from each kink
Input distinct();                            ///< shuffled, neighbours 0.25 apart: no ties
Input integers(int64_t low, int64_t high);   ///< i64 in low .. high - 1
Input mask();                                ///< b8, fair coin
Input constant(Input input);                 ///< the same values, never differentiated
Input fixed(DType dtype, Input input);       ///< the same values in one dtype whatever the run

/// What the row claims about derivatives.
enum class Gradient : uint8_t { none, once, twice };

/// How the arguments lie in memory. The values of `expanded` repeat along the first axis (stride 0).
enum class Layout : uint8_t { contiguous, transposed, strided, expanded };

struct OpCase {
  std::string op;            ///< the exported name: the guard test looks it up
  std::string variant = {};  ///< tells rows of one op apart: "mean_axis_0"
  std::function<Tensor(const std::vector<Tensor>&)> f;
  std::vector<Input> inputs = {};
  std::vector<std::vector<Shape>> shapes = {
      {}};  ///< each entry: one shape per input; the first is run in all layouts
  std::vector<DType> dtypes = {DType::f32, DType::f64, DType::bf16};
  std::vector<Layout> layouts = {Layout::contiguous, Layout::transposed, Layout::strided, Layout::expanded};
  Gradient gradient = Gradient::twice;
  std::string why_not = {};       ///< for none and once: "not differentiable because ..."
  double tolerance = 1;           ///< multiplies the default of the dtype (see tolerance_of)
  double gradient_tolerance = 1;  ///< multiplies the finite-difference tolerances
  std::vector<Shape> bench =
      {};  ///< shapes for the benchmark; empty: the first of `shapes`, the cost of a call
};

/// For rows that need distinct values: all layouts but `expanded`, which repeats them.
inline const std::vector<Layout> kWithoutRepeats = {Layout::contiguous, Layout::transposed, Layout::strided};
inline const std::vector<DType> kFloats = {DType::f32, DType::f64, DType::bf16};
inline const std::vector<DType> kNumbers = {DType::f32, DType::f64, DType::bf16, DType::i64};
inline const std::vector<DType> kEveryDType = {DType::f32, DType::f64, DType::bf16,
                                               DType::i64, DType::u8,  DType::b8};

/// "add_broadcast": a test name.
std::string name_of(const OpCase& row);
/// Shows the name where a test framework prints the row.
std::ostream& operator<<(std::ostream& stream, const OpCase& row);

/// All rows, in a fixed order.
const std::vector<OpCase>& op_cases();

/// The arguments of a row. The same seed gives the same values, whatever layout and dtype.
std::vector<Tensor> make_inputs(const OpCase& row, const std::vector<Shape>& shapes, DType dtype,
                                Layout layout, uint64_t seed = 0);
/// x's values in another layout.
Tensor lay_out(const Tensor& x, Layout layout);
std::string to_string(Layout layout);

/// |a - b| <= atol + rtol * |b|, for kernels that may order their sums differently.
struct Tolerance {
  double rtol, atol;
};
Tolerance tolerance_of(DType dtype);
/// Empty when shape, dtype and all values agree (NaN equals NaN; integers exactly), otherwise what differs.
std::string difference(const Tensor& actual, const Tensor& expected, Tolerance tolerance);

/// The benchmark of a row: the value alone without recording, or with recording and the gradients of all
/// inputs.
enum class Pass : uint8_t { forward, forward_backward };
std::vector<Pass> bench_passes(const OpCase& row);
/// "op/add/1024x1024,1024x1024/forward".
std::string bench_name(const OpCase& row, Pass pass);
/// What is timed; the arguments are made beforehand, in f32 where the row has it.
struct BenchStep {
  std::function<void(Pass)> run;
  double bytes =
      0;  ///< arguments and result of the value; 0 for views and where only the cost of a call shows
  double flops = 0;  ///< of the value of products and convolutions, else 0
};
/// Runs the op once. Throws where it cannot run, or has not the gradient that the row claims.
BenchStep bench_step(const OpCase& row);

// Shape lists that fit most ops of one and of two operands: usual, 0-d, one element, zero-size, rank 4,
// broadcast.
std::vector<std::vector<Shape>> unary_shapes();
std::vector<std::vector<Shape>> binary_shapes();

// The rows, one function per family in tests/op_cases/<family>.cpp. A new family gets a line here and one in
// op_cases().
std::vector<OpCase> creation_cases();
std::vector<OpCase> elementwise_cases();
std::vector<OpCase> reduce_cases();
std::vector<OpCase> shape_cases();
std::vector<OpCase> index_cases();
std::vector<OpCase> inplace_cases();
std::vector<OpCase> random_cases();
std::vector<OpCase> product_cases();        // matmul.h
std::vector<OpCase> linalg_cases();         // linalg.h, pairwise.h
std::vector<OpCase> normalization_cases();  // norm.h, softmax.h
std::vector<OpCase> convolution_cases();    // conv.h, sampling.h
std::vector<OpCase> histogram_cases();      // histogram.h

}  // namespace infograd::testing
