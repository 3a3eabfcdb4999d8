#include <gmock/gmock.h>
#include <zlib.h>

#include <infograd/nn/data/idx.h>
#include <infograd/nn/data/mnist.h>

#include "tests/nn/files.h"

namespace infograd {
namespace {

using test::Bytes;
using test::operator+;
using testing::HasSubstr;

class Idx : public test::FileTest {};
class Mnist : public test::FileTest {
 protected:
  // A tiny data set of n black images of 2 x 3 with labels 0, 1, 2, ...
  static Bytes images(uint8_t n) {
    return Bytes{0, 0, 8, 3, 0, 0, 0, n, 0, 0, 0, 2, 0, 0, 0, 3} + Bytes(6U * n, 7);
  }
  static Bytes labels(uint8_t n) {
    Bytes result{0, 0, 8, 1, 0, 0, 0, n};
    for (uint8_t i = 0; i < n; ++i) result.push_back(i);
    return result;
  }
};

Bytes gzip(const Bytes& plain) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  Bytes packed(plain.size() + 100);
  stream.next_in = const_cast<uint8_t*>(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

const Bytes kSmall{0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6};

TEST_F(Idx, ReadsBytesPlainAndGzipByContent) {
  for (const auto& file : {write("plain", kSmall), write("packed-without-suffix", gzip(kSmall))}) {
    const Tensor x = data::read_idx(file);
    EXPECT_EQ(x.shape(), (Shape{2, 3}));
    EXPECT_EQ(x.to_vector<uint8_t>(), (std::vector<uint8_t>{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(data::idx_payload_crc32(file), crc32(0, kSmall.data(), static_cast<uInt>(kSmall.size())));
  }
}

TEST_F(Idx, ReadsEveryTypeBigEndian) {
  const auto read_one = [&](uint8_t type, const Bytes& value) {
    return data::read_idx(write("x", Bytes{0, 0, type, 1, 0, 0, 0, 1} + value));
  };
  EXPECT_EQ(read_one(0x09, {0xff}).to_vector<int64_t>(), std::vector<int64_t>{-1});
  EXPECT_EQ(read_one(0x0B, {0xff, 0xfe}).to_vector<int64_t>(), std::vector<int64_t>{-2});
  EXPECT_EQ(read_one(0x0C, {0, 1, 0, 0}).to_vector<int64_t>(), std::vector<int64_t>{65536});
  EXPECT_EQ(read_one(0x0D, {0x3f, 0xc0, 0, 0}).to_vector<float>(), std::vector<float>{1.5F});
  EXPECT_EQ(read_one(0x0E, {0xc0, 0, 0, 0, 0, 0, 0, 0}).to_vector<double>(), std::vector<double>{-2.0});
}

TEST_F(Idx, MalformedFilesNameTheFault) {
  const auto reason = [&](const Bytes& bytes) {
    const auto file = write("bad", bytes);
    const auto text = message_of<IoError>([&] { data::read_idx(file); });
    EXPECT_THAT(text, HasSubstr(file));
    return text;
  };
  EXPECT_THAT(reason({}), HasSubstr("too short"));
  EXPECT_THAT(reason({1, 0, 8, 1, 0, 0, 0, 0}), HasSubstr("two zero bytes"));
  EXPECT_THAT(reason({0, 0, 10, 1, 0, 0, 0, 0}), HasSubstr("unknown IDX type 0x0a"));
  EXPECT_THAT(reason({0, 0, 8, 0}), HasSubstr("rank 0"));
  EXPECT_THAT(reason(Bytes{0, 0, 8, 7} + Bytes(28, 0)), HasSubstr("rank 7"));
  EXPECT_THAT(reason({0, 0, 8, 2, 0, 0, 0, 1}), HasSubstr("header of 12"));
  EXPECT_THAT(reason({0, 0, 8, 1, 0, 0, 0, 3, 1, 2}),
              HasSubstr("ask for 3 data bytes after byte 8, found 2"));
  EXPECT_THAT(reason({0, 0, 8, 1, 0, 0, 0, 1, 1, 2}),
              HasSubstr("ask for 1 data bytes after byte 8, found 2"));
  EXPECT_THAT(reason(Bytes{0, 0, 8, 6} + Bytes(24, 255)), HasSubstr("overflow"));
  EXPECT_THAT(reason(test::bytes("<html>not found</html>")), HasSubstr("web page"));
  EXPECT_THAT(reason(gzip(test::bytes("<html>"))), HasSubstr("web page"));
  Bytes cut = gzip(kSmall);
  cut.resize(cut.size() - 9);
  EXPECT_THAT(reason(cut), HasSubstr("gzip error"));
  Bytes wrong = gzip(kSmall);
  wrong[wrong.size() - 6] ^= 1;  // its CRC
  EXPECT_THAT(reason(wrong), HasSubstr("gzip error"));
  EXPECT_THAT(reason(gzip(kSmall) + Bytes{1, 2, 3}), HasSubstr("gzip error"));
  EXPECT_THAT(message_of<IoError>([&] { data::read_idx(path("absent")); }), HasSubstr("No such file"));
}

TEST_F(Idx, SurvivesRandomDamage) {
  Generator generator(1);
  const Bytes packed = gzip(kSmall);
  for (int round = 0; round < 1000; ++round) {
    const auto file = write("damaged", test::damaged(round % 2 == 0 ? kSmall : packed, generator));
    try {
      EXPECT_LE(data::read_idx(file).numel(), 64);
    } catch (const IoError&) {
    }
  }
}

TEST_F(Mnist, AcceptsEverySpellingAndSubdirectory) {
  write("a/train-images-idx3-ubyte", images(3));
  write("a/train-labels.idx1-ubyte", labels(3));
  write("a/t10k-images.idx3-ubyte.gz", gzip(images(2)));
  write("a/t10k-labels-idx1-ubyte.gz", gzip(labels(2)));
  EXPECT_TRUE(data::holds_mnist(path("a")));
  EXPECT_FALSE(data::holds_mnist(path("b")));
  EXPECT_FALSE(data::holds_mnist(""));
  const auto train = data::mnist(path("a"), data::Split::train),
             test = data::mnist(path("a"), data::Split::test);
  EXPECT_EQ(train.images.shape(), (Shape{3, 1, 2, 3}));
  EXPECT_EQ(train.labels.to_vector<int64_t>(), (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(test.labels.to_vector<int64_t>(), (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(data::mnist(path("a"), data::Split::train, {.limit = 2}).images.shape(), (Shape{2, 1, 2, 3}));
  std::filesystem::create_directories(path("b"));
  std::filesystem::rename(path("a"), path("b/mnist"));
  EXPECT_EQ(data::find_mnist(path("b")), path("b/mnist"));
  EXPECT_EQ(data::mnist(path("b"), data::Split::test).labels.numel(), 2);
}

TEST_F(Mnist, ErrorsNameFilesAndCounts) {
  const auto load = [&](const data::MnistOptions& options = {}) {
    return message_of<IoError>([&] { data::mnist(path("."), data::Split::train, options); });
  };
  for (const char* tried : {"train-images-idx3-ubyte\n", "train-images-idx3-ubyte.gz\n",
                            "train-images.idx3-ubyte\n", "train-images.idx3-ubyte.gz"})
    EXPECT_THAT(load(), HasSubstr(tried));
  write("train-images-idx3-ubyte", images(3));
  write("train-labels-idx1-ubyte", labels(2));
  EXPECT_THAT(load(), testing::AllOf(HasSubstr("holds 3 images"), HasSubstr("holds 2 labels")));
  write("train-labels-idx1-ubyte", labels(3));
  EXPECT_EQ(load(), "(nothing was thrown)");
  EXPECT_THAT(load({.classes = 2}), HasSubstr("label number 2 is 2, outside 0 .. 1"));
  EXPECT_THAT(load({.verify = true}), HasSubstr("e9f4d8b3"));
  write("train-images-idx3-ubyte", labels(3));
  EXPECT_THAT(load(), HasSubstr("expected u8 [N, H, W]"));
}

TEST(RealMnist, HasThePublishedChecksumsAndCounts) {
  const auto dir = data::find_mnist();
  if (dir.empty()) GTEST_SKIP() << "INFOGRAD_DATA does not hold MNIST";
  const auto train = data::mnist(dir, data::Split::train, {.verify = true});
  const auto test = data::mnist(dir, data::Split::test, {.verify = true});
  EXPECT_EQ(train.images.shape(), (Shape{60000, 1, 28, 28}));
  EXPECT_EQ(test.images.shape(), (Shape{10000, 1, 28, 28}));
  EXPECT_EQ(train.images.dtype(), DType::u8);
  const auto labels = train.labels.to_vector<int64_t>();
  EXPECT_EQ((std::vector<int64_t>(labels.begin(), labels.begin() + 8)),
            (std::vector<int64_t>{5, 0, 4, 1, 9, 2, 1, 3}));
}

}  // namespace
}  // namespace infograd
