#include <array>

#include <infograd/backends/late_checks.h>
#include <infograd/backends/late_checks_body.h>
#include <infograd/backends/pretended_device.h>
#include <infograd/core/check.h>
#if defined(INFOGRAD_CUDA)
#include <infograd/backends/cuda/late_checks.h>
#endif

namespace infograd::late {

namespace {

bool same(const IndexCheck& a, const IndexCheck& b) {
  return a.op == b.op && a.what == b.what && a.lowest == b.lowest && a.highest == b.highest &&
         a.wrap == b.wrap && a.allowed == b.allowed;
}

std::string text_of(const IndexCheck& check, Kind kind, const Found& found) {
  if (check.op.empty())
    return fmt::format("an index out of range, or a NaN or infinity, in a check that came after {} others",
                       kPlaces - 1);
  if (kind != Kind::index)
    return fmt::format("{}: {} in {}, first at element {}", check.op,
                       kind == Kind::finite ? "NaN or infinity" : "NaN", check.what, found.lowest);
  if (check.position) return fmt::format("{}: {}, first at element {}", check.op, check.what, found.lowest);
  return fmt::format("{}: {} {} is outside {} to {}", check.op, check.what,
                     found.lowest < check.lowest ? found.lowest : found.highest, check.lowest, check.highest);
}

}  // namespace

int Places::find(const IndexCheck& check, Kind kind) {
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < places_.size(); ++i)
    if (places_[i].kind == kind && same(places_[i].check, check)) return static_cast<int>(i);
  const auto most = static_cast<size_t>(kPlaces);
  if (places_.size() + 1 < most)
    places_.push_back({check, kind});
  else if (places_.size() < most)
    places_.push_back({});
  return static_cast<int>(places_.size()) - 1;
}
int Places::of(const IndexCheck& check) {
  return find(check, Kind::index);
}
int Places::of_values(Kind kind, std::string_view op, std::string_view what) {
  return find({.op = op, .what = what}, kind);
}

std::optional<std::string> Places::describe(const Found* table, Device device) const {
  const std::lock_guard lock(mutex_);
  for (size_t i = 0; i < places_.size(); ++i) {
    const Found& found = table[i];
    if (!found.any()) continue;
    const IndexCheck& check = places_[i].check;
    std::string text = text_of(check, places_[i].kind, found);
    if (check.allowed) text += fmt::format(" and is not {}", *check.allowed);
    if (!check.hint.empty()) text.append("; ").append(check.hint);
    return text + fmt::format(
                      ". Found on {} while later work was already queued: results since then are "
                      "meaningless. INFOGRAD_CUDA_SYNC=1 stops at the call",
                      to_string(device));
  }
  return std::nullopt;
}

namespace {

/// The device that is the host in disguise: runs the checks at once and reports them as late as a GPU would.
struct Pretended {
  Places places;
  std::array<Found, kPlaces> table{};
};
Pretended& pretended() {
  static Pretended device;
  return device;
}

template <class F>
void for_each_offset(const ConstView& x, F&& f) {
  const int64_t n = x.numel();
  for (int64_t i = 0; i < n; ++i) {
    int64_t rest = i, offset = 0;
    for (int axis = x.rank() - 1; axis >= 0; --axis) {
      offset += rest % x.shape[axis] * x.strides[axis];
      rest /= x.shape[axis];
    }
    f(i, offset);
  }
}

void check_pretended(const IndexCheck& check, const View& out, const ConstView& index) {
  Found* found = &pretended().table[static_cast<size_t>(pretended().places.of(check))];
  const IndexRange range(check);
  for_each_offset(index, [&](int64_t i, int64_t offset) {
    out.as<int64_t>()[i] = range(index.as<int64_t>()[offset], found);
  });
}

void check_values(Kind kind, std::string_view op, std::string_view what, const ConstView& x, Device device) {
  if (x.numel() == 0) return;
  if (PretendedDevice::is(device)) {
    Found* found = &pretended().table[static_cast<size_t>(pretended().places.of_values(kind, op, what))];
    visit_floating(op, x.dtype, [&](auto zero) {
      using T = decltype(zero);
      for_each_offset(x, [&](int64_t i, int64_t offset) { look_at(kind, x.as<T>()[offset], i, found); });
    });
    return;
  }
#if defined(INFOGRAD_CUDA)
  cuda::check_values(kind, op, what, x, device.index);
#endif
}

}  // namespace

void check_indices(const IndexCheck& check, View out, ConstView index, Device device) {
  if (index.numel() == 0) return;
  if (PretendedDevice::is(device)) return check_pretended(check, out, index);
#if defined(INFOGRAD_CUDA)
  cuda::check_indices(check, out, index, device.index);
#endif
}

void check_finite(std::string_view op, std::string_view what, ConstView x, Device device) {
  check_values(Kind::finite, op, what, x, device);
}
void check_no_nan(std::string_view op, std::string_view what, ConstView x, Device device) {
  check_values(Kind::no_nan, op, what, x, device);
}

void fetch([[maybe_unused]] Device device) {
#if defined(INFOGRAD_CUDA)
  if (!PretendedDevice::is(device)) cuda::fetch_late_checks(device.index);
#endif
}

void report(Device device) {
  if (PretendedDevice::is(device)) {
    const std::optional<std::string> text = pretended().places.describe(pretended().table.data(), device);
    pretended().table.fill({});
    if (text) throw ValueError(*text);
    return;
  }
#if defined(INFOGRAD_CUDA)
  cuda::report_late_checks(device.index);
#endif
}

void prepare([[maybe_unused]] Device device) {
#if defined(INFOGRAD_CUDA)
  if (!PretendedDevice::is(device)) cuda::prepare_late_checks(device.index);
#endif
}

void note_replay([[maybe_unused]] Device device) {
#if defined(INFOGRAD_CUDA)
  if (!PretendedDevice::is(device)) cuda::expect_late_checks(device.index);
#endif
}

}  // namespace infograd::late
