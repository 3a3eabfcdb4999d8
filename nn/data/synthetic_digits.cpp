#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <infograd/core/check.h>
#include <infograd/core/parallel.h>
#include <infograd/core/philox.h>
#include <infograd/nn/data/digit_strokes.h>
#include <infograd/nn/data/synthetic_digits.h>

namespace infograd::data {

namespace {

constexpr int kSide = 28;
using Image = std::array<float, kSide * kSide>;

// The random sequence of one sample: a Philox stream of its own, so that no sample depends on another.
class SampleRandom {
 public:
  SampleRandom(uint64_t seed, uint64_t stream) : key_{seed, stream, 0} {}
  uint32_t bits() {
    if (used_ == 4) {
      words_ = philox_block(key_, block_++);
      used_ = 0;
    }
    return words_[used_++];
  }
  float uniform(float low, float high) { return low + (high - low) * to_unit_float(bits()); }
  int below(int n) { return static_cast<int>((uint64_t{bits()} * static_cast<uint64_t>(n)) >> 32U); }
  // Sum of four uniform bytes, centred: close to normal, cheap enough for every pixel.
  float bell() {
    const uint32_t b = bits();
    const uint32_t total = (b & 255U) + (b >> 8U & 255U) + (b >> 16U & 255U) + (b >> 24U);
    return (static_cast<float>(total) - 510.0F) / 147.8F;
  }

 private:
  PhiloxKey key_;
  uint64_t block_ = 0;
  std::array<uint32_t, 4> words_{};
  size_t used_ = 4;
};

// A smooth displacement of the plane: three random waves per axis, longer than a digit is wide.
class ElasticField {
 public:
  ElasticField(SampleRandom& random, float strength) {
    for (Wave& wave : waves_)
      wave = {random.uniform(-5.0F, 5.0F), random.uniform(-5.0F, 5.0F),
              random.uniform(0.0F, 2.0F * std::numbers::pi_v<float>), strength * random.bell()};
  }
  Point operator()(Point p) const {
    float shift[2] = {0, 0};
    for (size_t i = 0; i < waves_.size(); ++i)
      shift[i % 2] += waves_[i].height * std::sin(waves_[i].kx * p.x + waves_[i].ky * p.y + waves_[i].phase);
    return {p.x + shift[0], p.y + shift[1]};
  }

 private:
  struct Wave {
    float kx, ky, phase, height;
  };
  std::array<Wave, 6> waves_;
};

// Digit coordinates (around their centre) to pixels.
struct Pose {
  float xx, xy, yx, yy, dx, dy;
  Point operator()(Point p) const { return {xx * p.x + xy * p.y + dx, yx * p.x + yy * p.y + dy}; }
};

Pose random_pose(SampleRandom& random, float amount) {
  const float angle = amount * random.uniform(-0.26F, 0.26F);
  const float slant = amount * random.uniform(-0.30F, 0.30F);
  const float height = 20.0F * (1.0F + amount * random.uniform(-0.20F, 0.12F));
  const float width = 16.0F * (1.0F + amount * random.uniform(-0.28F, 0.16F));
  const float c = std::cos(angle), s = std::sin(angle);
  const float middle = 0.5F * static_cast<float>(kSide - 1);
  return {c * width,
          c * -slant * height - s * height,
          s * width,
          s * -slant * height + c * height,
          middle + amount * random.uniform(-2.0F, 2.0F),
          middle + amount * random.uniform(-2.0F, 2.0F)};
}

struct Pen {
  float radius, softness, ink;
};

// Adds one straight piece of a stroke: ink by distance to the segment, the darkest piece wins where several
// overlap.
void draw_segment(Image& image, Point a, Point b, const Pen& pen) {
  const float reach = pen.radius + pen.softness;
  const auto low = [&](float u, float v) {
    return std::max(0, static_cast<int>(std::ceil(std::min(u, v) - reach)));
  };
  const auto high = [&](float u, float v) {
    return std::min(kSide - 1, static_cast<int>(std::floor(std::max(u, v) + reach)));
  };
  const float ux = b.x - a.x, uy = b.y - a.y;
  const float inverse = 1.0F / std::max(ux * ux + uy * uy, 1e-12F);
  for (int y = low(a.y, b.y); y <= high(a.y, b.y); ++y)
    for (int x = low(a.x, b.x); x <= high(a.x, b.x); ++x) {
      const float px = static_cast<float>(x) - a.x, py = static_cast<float>(y) - a.y;
      const float t = std::clamp((px * ux + py * uy) * inverse, 0.0F, 1.0F);
      const float ex = px - t * ux, ey = py - t * uy;
      const float edge = 0.5F + 0.5F * (pen.radius - std::sqrt(ex * ex + ey * ey)) / pen.softness;
      const float soft = std::clamp(edge, 0.0F, 1.0F);
      float& pixel = image[static_cast<size_t>(y * kSide + x)];
      pixel = std::max(pixel, pen.ink * soft * soft * (3.0F - 2.0F * soft));
    }
}

// The Catmull-Rom curve from b to c; a and d are the neighbours that give it its tangents.
Point curve(Point a, Point b, Point c, Point d, float t) {
  const auto axis = [t](float p, float q, float r, float s) {
    return q + 0.5F * t * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)));
  };
  return {axis(a.x, b.x, c.x, d.x), axis(a.y, b.y, c.y, d.y)};
}

template <class Map>
void draw_stroke(Image& image, const Stroke& stroke, const Pen& pen, Map&& to_pixels) {
  constexpr int kPieces = 6;
  const auto last = stroke.size() - 1;
  Point from = to_pixels(stroke[0]);
  for (size_t i = 0; i < last; ++i)
    for (int piece = 1; piece <= kPieces; ++piece) {
      const Point to = to_pixels(curve(stroke[i == 0 ? 0 : i - 1], stroke[i], stroke[i + 1],
                                       stroke[std::min(i + 2, last)], static_cast<float>(piece) / kPieces));
      draw_segment(image, from, to, pen);
      from = to;
    }
}

// The writer's hand: every point of the skeleton a little off. Points shared by two strokes move alike.
Skeleton jittered(const Skeleton& skeleton, SampleRandom& random, float amount) {
  Skeleton result = skeleton;
  for (size_t s = 0; s < result.size(); ++s)
    for (size_t i = 0; i < result[s].size(); ++i) {
      if (s > 0 && i == 0 && skeleton[s][0].x == skeleton[s - 1].back().x &&
          skeleton[s][0].y == skeleton[s - 1].back().y) {
        result[s][0] = result[s - 1].back();
        continue;
      }
      result[s][i].x += amount * random.bell();
      result[s][i].y += amount * random.bell();
    }
  return result;
}

int draw_sample(uint64_t seed, uint64_t stream, float difficulty, uint8_t* pixels) {
  SampleRandom random(seed, stream);
  const int digit = random.below(10);
  const auto variants = digit_skeletons(digit);
  const Skeleton skeleton =
      jittered(variants[static_cast<size_t>(random.below(static_cast<int>(variants.size())))], random,
               0.030F * difficulty);
  const ElasticField bend(random, 0.035F * difficulty);
  const Pose pose = random_pose(random, difficulty);
  const Pen pen{random.uniform(0.75F, 1.75F), random.uniform(0.7F, 1.3F), random.uniform(0.75F, 1.0F)};
  Image image{};
  for (const Stroke& stroke : skeleton)
    draw_stroke(image, stroke, pen, [&](Point p) {
      const Point bent = bend(p);
      return pose({bent.x - 0.5F, bent.y - 0.5F});
    });
  const float noise = difficulty * random.uniform(0.0F, 0.10F);
  for (size_t i = 0; i < image.size(); ++i)
    pixels[i] =
        static_cast<uint8_t>(255.0F * std::clamp(image[i] + noise * random.bell(), 0.0F, 1.0F) + 0.5F);
  return digit;
}

}  // namespace

Dataset synthetic_digits(const SyntheticDigitsOptions& options) {
  check<ValueError>(options.count >= 0, "synthetic_digits: count {} is negative", options.count);
  check<ValueError>(options.difficulty >= 0 && options.difficulty <= 3,
                    "synthetic_digits: difficulty {} is not in [0, 3]", options.difficulty);
  Dataset result{empty({options.count, 1, kSide, kSide}, DType::u8), empty({options.count}, DType::i64)};
  uint8_t* images = result.images.data<uint8_t>();
  int64_t* labels = result.labels.data<int64_t>();
  const uint64_t split = options.split == Split::test ? 1 : 0;
  parallel_for(options.count, 16, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i)
      labels[i] = draw_sample(options.seed, 2 * static_cast<uint64_t>(i) + split,
                              static_cast<float>(options.difficulty), images + i * kSide * kSide);
  });
  return result;
}

}  // namespace infograd::data
