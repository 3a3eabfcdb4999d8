#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

#include <infograd/nn/summary.h>

namespace infograd::nn {

namespace {

/// Path -> description, for every module of the tree.
std::unordered_map<std::string, std::string> descriptions(const Module& root) {
  std::unordered_map<std::string, std::string> all;
  std::vector<std::pair<std::string, Module>> pending{{"", root}};
  while (!pending.empty()) {
    const auto [path, module] = std::move(pending.back());
    pending.pop_back();
    all[path] = module.description();
    for (auto& [name, child] : module.named_children())
      pending.emplace_back(path.empty() ? name : path + "." + name, child);
  }
  return all;
}

}  // namespace

Summary summary(const Module& module) {
  Summary result;
  const auto described = descriptions(module);
  const auto add = [&](const std::string& name, const Tensor& tensor, bool buffer) {
    const size_t dot = name.rfind('.');
    const std::string owner = dot == std::string::npos ? "" : name.substr(0, dot);
    const int64_t bytes = tensor.numel() * static_cast<int64_t>(item_size(tensor.dtype()));
    result.rows.push_back({.name = name,
                           .module = described.at(owner),
                           .dtype = tensor.dtype(),
                           .shape = tensor.shape(),
                           .count = tensor.numel(),
                           .bytes = bytes,
                           .trainable = tensor.requires_grad(),
                           .buffer = buffer});
    (buffer ? result.buffers : result.parameters) += tensor.numel();
    if (!buffer && tensor.requires_grad()) result.trainable += tensor.numel();
    result.bytes += bytes;
  };
  for (const auto& [name, tensor] : module.named_parameters()) add(name, tensor, false);
  for (const auto& [name, tensor] : module.named_buffers()) add(name, tensor, true);
  return result;
}

std::string to_string(const Summary& summary) {
  size_t name_width = 4;
  size_t module_width = 6;
  for (const SummaryRow& row : summary.rows) {
    name_width = std::max(name_width, row.name.size());
    module_width = std::max(module_width, row.module.size());
  }
  std::string text = fmt::format("{:{}}  {:{}}  {:20}  {:>12}\n", "name", name_width, "module", module_width,
                                 "shape", "count");
  for (const SummaryRow& row : summary.rows) {
    const char* note = row.buffer ? "  buffer" : row.trainable ? "" : "  frozen";
    text +=
        fmt::format("{:{}}  {:{}}  {:20}  {:>12}{}\n", row.name, name_width, row.module, module_width,
                    fmt::format("{}{}", name(row.dtype), infograd::to_string(row.shape)), row.count, note);
  }
  text += fmt::format("parameters {} (trainable {}), buffers {}, {} bytes\n", summary.parameters,
                      summary.trainable, summary.buffers, summary.bytes);
  return text;
}

}  // namespace infograd::nn
