// The infograd half of the peer comparison. A server: each line on stdin, "CASE STEPS", runs that many steps
// of a case and answers with the median milliseconds of one step. peers.py runs the same cases in PyTorch,
// taking turns.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <string>

#include <infograd/infograd.h>

namespace ig = infograd;
using ig::Tensor;

namespace {

/// Set-up is done once; the returned function is one step.
using Case = std::function<std::function<void()>()>;

std::function<void()> mlp_step(std::vector<int64_t> widths, int64_t batch, bool regression) {
  auto net = std::make_shared<ig::nn::Sequential>();
  for (size_t i = 0; i + 1 < widths.size(); ++i)
    net->add(
        ig::nn::Linear(widths[i], widths[i + 1],
                       {.activation = i + 2 < widths.size() ? ig::Activation::relu : ig::Activation::none}));
  auto adam = std::make_shared<ig::optim::Adam>(net->parameters(), ig::optim::AdamOptions{.lr = 1e-3});
  const Tensor x = ig::rand_normal({batch, widths.front()});
  const Tensor y =
      regression ? ig::rand_normal({batch, widths.back()}) : ig::rand_integers({batch}, 0, widths.back());
  return [=] {
    adam->zero_grad();
    const Tensor out = (*net)(x);
    const Tensor loss = regression ? ig::losses::mse(out, y) : ig::losses::cross_entropy(out, y);
    loss.backward();
    adam->step();
  };
}

struct ConvNet : ig::nn::Module {
  explicit ConvNet(int64_t out) : fc(child("fc", ig::nn::Linear(64 * 7 * 7, out))) {}
  ig::nn::Conv2d conv1 = child("conv1", ig::nn::Conv2d(1, 32, 3, {.padding = {1, 1}}));
  ig::nn::BatchNorm2d norm1 = child("norm1", ig::nn::BatchNorm2d(32, {.activation = ig::Activation::relu}));
  ig::nn::Conv2d conv2 = child("conv2", ig::nn::Conv2d(32, 64, 3, {.padding = {1, 1}}));
  ig::nn::BatchNorm2d norm2 = child("norm2", ig::nn::BatchNorm2d(64, {.activation = ig::Activation::relu}));
  ig::nn::Linear fc;
  Tensor operator()(const Tensor& x) const {
    return fc(ig::flatten(max_pool2d(norm2(conv2(max_pool2d(norm1(conv1(x)))))), 1));
  }
};

std::function<void()> conv_step() {
  const ConvNet net(10);
  auto adam = std::make_shared<ig::optim::Adam>(net.parameters(), ig::optim::AdamOptions{.lr = 1e-3});
  const Tensor x = ig::rand_normal({256, 1, 28, 28}), y = ig::rand_integers({256}, 0, 10);
  return [=] {
    adam->zero_grad();
    ig::losses::cross_entropy(net(x), y).backward();
    adam->step();
  };
}

std::function<void()> infomax_step() {
  const ConvNet net(64);
  auto adam = std::make_shared<ig::optim::Adam>(net.parameters(), ig::optim::AdamOptions{.lr = 1e-3});
  const Tensor views = ig::rand_normal({512, 1, 28, 28});
  return [=] {
    adam->zero_grad();
    const Tensor z = net(views);
    const Tensor scores = ig::losses::separable_critic(ig::slice(z, 0, 0, 256), ig::slice(z, 0, 256),
                                                       {.temperature = 0.2, .normalize = true});
    ig::losses::info_nce(ig::losses::Scores(scores)).backward();
    adam->step();
  };
}

std::function<void()> infonce_4096() {
  Tensor u = ig::rand_normal({4096, 128}), v = ig::rand_normal({4096, 128});
  u.set_requires_grad();
  v.set_requires_grad();
  return [=]() mutable {
    u.zero_grad();
    v.zero_grad();
    ig::losses::info_nce(u, v, {.temperature = 10.0}).backward();
  };
}

std::function<void()> add_recorded() {
  Tensor a = ig::rand_normal({4}), b = ig::rand_normal({4});
  a.set_requires_grad();
  return [=] {
    for (int i = 0; i < 1000; ++i) ig::add(a, b);
  };
}

std::function<void()> small_backward() {
  Tensor a = ig::rand_normal({4}), b = ig::rand_normal({4});
  a.set_requires_grad();
  return [=]() mutable {
    for (int i = 0; i < 1000; ++i) {
      a.zero_grad();
      ig::sum(a * b).backward();
    }
  };
}

std::function<void()> with_bf16(std::function<void()> step) {
  return [step = std::move(step)] {
    const ig::PrecisionScope scope(ig::Precision::bf16);
    step();
  };
}

std::function<void()> matmul_limit() {
  const Tensor a = ig::rand_normal({1024, 1024}), b = ig::rand_normal({1024, 1024});
  return [=] { ig::linear(a, b); };
}

std::function<void()> memory_limit() {
  Tensor a = ig::rand_normal({int64_t{16} << 20}), b = ig::rand_normal({int64_t{16} << 20});
  return [=]() mutable { ig::copy_(a, b); };
}

const std::map<std::string, Case>& cases() {
  static const std::map<std::string, Case> all{
      {"mlp 784-1024-1024-10, batch 256, Adam",
       [] {
         return mlp_step({784, 1024, 1024, 10}, 256, false);
       }},
      {"mlp 784-1024-1024-10, batch 32, Adam",
       [] {
         return mlp_step({784, 1024, 1024, 10}, 32, false);
       }},
      {"mlp 2-64-64-1, batch 64, Adam",
       [] {
         return mlp_step({2, 64, 64, 1}, 64, true);
       }},
      {"conv classifier, batch 256, Adam", conv_step},
      {"infomax, two views of 256, Adam", infomax_step},
      {"InfoNCE 4096 pairs, d = 128", infonce_4096},
      {"recorded add of 4 elements, x 1000", add_recorded},
      {"(a*b).sum().backward() of 4, x 1000", small_backward},
      {"mlp 784-1024-1024-10, batch 256, bf16",
       [] {
         return with_bf16(mlp_step({784, 1024, 1024, 10}, 256, false));
       }},
      {"conv classifier, batch 256, bf16", [] { return with_bf16(conv_step()); }},
      {"limit: matmul 1024", matmul_limit},
      {"limit: copy 64 MiB", memory_limit}};
  return all;
}

/// VmHWM; unlike ru_maxrss it does not remember the process that started this one.
int64_t resident_peak() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmHWM:") {
      int64_t kib = 0;
      status >> kib;
      return kib * 1024;
    }
  return 0;
}

double median_ms(const std::function<void()>& step, int steps) {
  std::vector<double> times;
  for (int i = 0; i < steps; ++i) {
    const auto start = std::chrono::steady_clock::now();
    step();
    times.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(times.begin(), times.begin() + steps / 2, times.end());
  return times[static_cast<size_t>(steps / 2)];
}

}  // namespace

int main(int argc, char** argv) {
  ig::set_num_threads(argc > 1 ? std::stoi(argv[1]) : 2);
  std::map<std::string, std::function<void()>> ready;
  for (std::string line; std::getline(std::cin, line);) {
    if (line == "info") {
      std::cout << ig::to_string(ig::build_info()) << "." << std::endl;
      continue;
    }
    if (line == "peak") {  // bytes: resident peak of the process, then allocator peak since "reset"
      std::cout << resident_peak() << ' ' << ig::memory::stats().peak_active_bytes << std::endl;
      continue;
    }
    if (line == "reset") {
      ig::memory::reset_peak();
      std::cout << ig::memory::stats().active_bytes << std::endl;
      continue;
    }
    if (line == "system allocations") {
      std::cout << ig::memory::stats().system_allocations << std::endl;
      continue;
    }
    const size_t cut = line.rfind('|');
    const std::string name = line.substr(0, cut);
    const auto found = cases().find(name);
    if (found == cases().end()) {
      std::cout << "unknown case " << name << std::endl;
      continue;
    }
    auto& step = ready[name];
    if (!step) step = found->second();
    std::cout << median_ms(step, std::stoi(line.substr(cut + 1))) << std::endl;
  }
}
