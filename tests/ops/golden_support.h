// Inputs of tests/golden/ops_golden.py, and comparison with what it printed.
#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <infograd/autograd/engine.h>
#include <infograd/core/error.h>
#include <infograd/core/tensor.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/elementwise.h>
#include <infograd/ops/reduce.h>

namespace golden {

/// The same numbers as wave() in ops_golden.py.
inline infograd::Tensor wave(const infograd::Shape& shape, double phase) {
  std::vector<double> values(static_cast<size_t>(shape.numel()));
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = 1.5 * std::sin(0.37 * std::pow(static_cast<double>(i), 1.1) + phase);
  }
  return infograd::from_data(values, shape);
}
inline infograd::Tensor leaf(const infograd::Shape& shape, double phase) {
  infograd::Tensor x = wave(shape, phase);
  x.set_requires_grad();
  return x;
}

/// Element by element, relative to max(1, |expected|). The golden file holds 13 digits.
inline void expect_equal(const infograd::Tensor& actual, const std::vector<double>& expected,
                         const std::string& what, double tolerance = 1e-11) {
  const std::vector<double> values = actual.to(infograd::DType::f64).to_vector<double>();
  ASSERT_EQ(values.size(), expected.size()) << what;
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isinf(expected[i])) {
      ASSERT_EQ(values[i], expected[i]) << what << ", element " << i;
    } else {
      ASSERT_NEAR(values[i], expected[i], tolerance * std::max(1.0, std::abs(expected[i])))
          << what << ", element " << i;
    }
  }
}

/// One differentiated input and the gradient PyTorch found.
struct Gradient {
  infograd::Tensor input;
  const std::vector<double>& expected;
  const char* name;
};
/// Compares y, and the gradients of sum(y * wave(y.shape, 9)).
inline void expect_value_and_gradients(const infograd::Tensor& y, const std::vector<double>& expected,
                                       const std::vector<Gradient>& gradients) {
  expect_equal(y, expected, "value");
  std::vector<infograd::Tensor> inputs;
  for (const Gradient& g : gradients) inputs.push_back(g.input);
  const std::vector<infograd::Tensor> found = infograd::grad(y, inputs, false, true, wave(y.shape(), 9));
  for (size_t i = 0; i < found.size(); ++i) {
    ASSERT_TRUE(found[i].defined()) << gradients[i].name;
    expect_equal(found[i], gradients[i].expected, std::string("gradient of ") + gradients[i].name);
  }
}

/// f must throw E with a message that contains every one of `words`.
template <class E>
void expect_error(const std::function<void()>& f, const std::vector<std::string>& words) {
  try {
    f();
  } catch (const E& error) {
    for (const std::string& word : words) {
      EXPECT_NE(std::string(error.what()).find(word), std::string::npos)
          << "'" << word << "' is not in: " << error.what();
    }
    return;
  }
  ADD_FAILURE() << "nothing, or another type, was thrown";
}

}  // namespace golden
