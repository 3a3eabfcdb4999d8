#include <csignal>
#include <cstring>
#include <fstream>

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <infograd/nn/checkpoint/safetensors.h>
#include <infograd/ops/creation.h>
#include <infograd/ops/shape_ops.h>

#include "tests/nn/files.h"

namespace infograd {
namespace {

using checkpoint::load_safetensors;
using checkpoint::save_safetensors;
using test::Bytes;
using test::operator+;
using testing::HasSubstr;

class Safetensors : public test::FileTest {
 protected:
  // A file made of header text and buffer.
  std::string file(const std::string& header, const Bytes& buffer = {}, int64_t claimed = -1) const {
    Bytes size(8);
    const auto n = claimed < 0 ? static_cast<uint64_t>(header.size()) : static_cast<uint64_t>(claimed);
    std::memcpy(size.data(), &n, 8);
    return write("crafted", size + test::bytes(header) + buffer);
  }
  std::string reason(const std::string& header, const Bytes& buffer = {}, int64_t claimed = -1) const {
    const auto name = file(header, buffer, claimed);
    const auto text = message_of<IoError>([&] { load_safetensors(name); });
    EXPECT_THAT(text, HasSubstr(name)) << header;
    return text;
  }
};

const Tensor& find(const checkpoint::TensorFile& file, std::string_view name) {
  for (const auto& [other, tensor] : file.tensors)
    if (other == name) return tensor;
  throw ValueError("no tensor " + std::string(name));
}

nn::StateDict golden() {
  return {{"w", tensor({1, -2})},
          {"m", from_data(std::vector<uint8_t>{1, 0, 1}, {3}).to(DType::b8)},
          {"b", scalar(7, DType::i64)}};
}

TEST_F(Safetensors, WritesTheGoldenBytes) {
  save_safetensors(path("golden"), golden(), {{"format", "infograd"}});
  const Bytes written = read(path("golden"));
  ASSERT_EQ(written.size(), 227U);
  EXPECT_EQ(written[0], 200);
  EXPECT_EQ(crc32(0, written.data(), 227), 0xa6dc5f4aU);
  EXPECT_EQ(files(), 1U) << "a temporary file was left behind";
}

TEST_F(Safetensors, WritesAnEmptyFile) {
  save_safetensors(path("empty"), {});
  EXPECT_EQ(read(path("empty")), (Bytes{8, 0, 0, 0, 0, 0, 0, 0} + test::bytes("{}      ")));
  EXPECT_TRUE(load_safetensors(path("empty")).tensors.empty());
}

TEST_F(Safetensors, RoundTripKeepsEveryTypeShapeAndMetadata) {
  const Tensor matrix = tensor({{1, 2, 3}, {4, 5, 6}});
  nn::StateDict tensors = golden();
  tensors.emplace_back("f64", scalar(1.0 / 3, DType::f64));
  tensors.emplace_back("bf16", tensor({1.5, -2.5}).to(DType::bf16));
  tensors.emplace_back("u8", from_data(std::vector<uint8_t>{0, 127, 255}, {3, 1}));
  tensors.emplace_back("zero", zeros({2, 0, 3}));
  tensors.emplace_back("transposed", transpose(matrix));
  tensors.emplace_back("name with \"quotes\" and \xc3\xa9", matrix);
  save_safetensors(path("x"), tensors, {{"kind", "parameters"}, {"note", "line\nbreak"}});
  const auto back = load_safetensors(path("x"));
  EXPECT_EQ(back.tensors.size(), tensors.size());
  EXPECT_EQ(back.metadata.at("note"), "line\nbreak");
  for (const auto& [name, tensor] : tensors) {
    EXPECT_EQ(find(back, name).dtype(), tensor.dtype()) << name;
    EXPECT_EQ(find(back, name).shape(), tensor.shape()) << name;
    EXPECT_EQ(to_string(find(back, name)), to_string(tensor)) << name;
  }
  EXPECT_EQ(find(back, "transposed").to_vector<float>(), (std::vector<float>{1, 4, 2, 5, 3, 6}));
  EXPECT_EQ(find(back, "f64").item<double>(), 1.0 / 3);
}

TEST_F(Safetensors, ReadsTypesThatTensorsDoNotHave) {
  const auto read_one = [&](const std::string& type, const Bytes& value, const std::string& shape = "[1]") {
    const auto text = R"({"x":{"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":[0,)" +
                      std::to_string(value.size()) + "]}}";
    return load_safetensors(file(text, value)).tensors[0].second;
  };
  EXPECT_EQ(read_one("F16", {0, 0x3c, 0, 0xc0, 1, 0, 0, 0x7c}, "[4]").to_vector<float>(),
            (std::vector<float>{1, -2, 0x1p-24F, std::numeric_limits<float>::infinity()}));
  EXPECT_EQ(read_one("I8", {0xff}).item<int64_t>(), -1);
  EXPECT_EQ(read_one("I16", {0xfe, 0xff}).item<int64_t>(), -2);
  EXPECT_EQ(read_one("U16", {0xfe, 0xff}).item<int64_t>(), 65534);
  EXPECT_EQ(read_one("I32", {0xfd, 0xff, 0xff, 0xff}).item<int64_t>(), -3);
  EXPECT_EQ(read_one("U32", {0xff, 0xff, 0xff, 0xff}).item<int64_t>(), 4294967295);
  EXPECT_EQ(read_one("U64", {5, 0, 0, 0, 0, 0, 0, 0}).item<int64_t>(), 5);
  EXPECT_THAT(message_of<IoError>([&] { read_one("U64", Bytes(8, 255)); }),
              HasSubstr("does not fit into i64"));
  EXPECT_THAT(message_of<IoError>([&] { read_one("BOOL", {2}); }), HasSubstr("boolean"));
  EXPECT_THAT(message_of<IoError>([&] { read_one("F8_E4M3", {2}); }), HasSubstr("F8_E4M3"));
  EXPECT_THAT(message_of<IoError>([&] { read_one("C64", Bytes(8)); }), HasSubstr("C64"));
}

TEST_F(Safetensors, AcceptsAnyOrderWhitespaceAndUnknownFields) {
  const auto loaded = load_safetensors(file(
      " \n{\"b\":{\"data_offsets\":[4,5],\"dtype\":\"U8\",\"shape\":[1],\"extra\":[1,{}]},"
      "\"a\":{\"shape\":[],\"dtype\":\"F32\",\"data_offsets\":[0,4]},\"e\":{\"dtype\":\"F32\",\"shape\":[0],"
      "\"data_offsets\":[4,4]}} \n",
      {0, 0, 0x80, 0x3f, 9}));
  EXPECT_EQ(find(loaded, "a").item<float>(), 1.0F);
  EXPECT_EQ(find(loaded, "b").item<uint8_t>(), 9);
  EXPECT_EQ(find(loaded, "e").numel(), 0);
}

TEST_F(Safetensors, MalformedFilesNameTheFault) {
  const auto entry = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return R"("x":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
  };
  const std::string good = entry("\"U8\"", "[2]", "[0,2]");
  const Bytes two{1, 2};
  EXPECT_EQ(message_of<IoError>([&] { load_safetensors(file("{" + good + "}", two)); }),
            "(nothing was thrown)");
  EXPECT_THAT(message_of<IoError>([&] {
                load_safetensors(write("short", {1, 2, 3}));
              }),
              HasSubstr("too short"));
  EXPECT_THAT(reason("{}", {}, 3), HasSubstr("claims 3 bytes"));
  EXPECT_THAT(reason("{}", {}, 100'000'001), HasSubstr("limit"));
  EXPECT_THAT(reason("{}", {}, INT64_MAX), HasSubstr("claims"));
  EXPECT_THAT(reason("x" + good, two), HasSubstr("not JSON"));
  EXPECT_THAT(reason("[]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(reason("{} {}"), HasSubstr("not JSON"));
  EXPECT_THAT(reason("\xEF\xBB\xBF{}"), HasSubstr("does not begin"));
  EXPECT_THAT(reason("{\"\xff\":1}"), HasSubstr("not JSON"));
  EXPECT_THAT(reason("{" + good + "," + good + "}", two), HasSubstr("'x' occurs twice"));
  EXPECT_THAT(reason(R"({"__metadata__":{"a":"1","a":"2"}})"), HasSubstr("'a' occurs twice"));
  EXPECT_THAT(reason(R"({"__metadata__":{"a":1}})"), HasSubstr("only strings"));
  EXPECT_THAT(reason(R"({"__metadata__":3})"), HasSubstr("not an object"));
  EXPECT_THAT(reason(R"({"x":{"shape":[2],"data_offsets":[0,2]}})", two), HasSubstr("no dtype"));
  EXPECT_THAT(reason(R"({"x":{"dtype":"U8","data_offsets":[0,2]}})", two), HasSubstr("no shape"));
  EXPECT_THAT(reason(R"({"x":{"dtype":"U8","shape":[2]}})", two), HasSubstr("no data_offsets"));
  EXPECT_THAT(reason("{" + entry("\"U8\"", "[-2]", "[0,2]") + "}", two), HasSubstr("natural number"));
  EXPECT_THAT(reason("{" + entry("\"U8\"", "[2.0]", "[0,2]") + "}", two), HasSubstr("natural number"));
  EXPECT_THAT(reason("{" + entry("\"U8\"", "[1,1,1,1,1,1,2]", "[0,2]") + "}", two), HasSubstr("rank 7"));
  EXPECT_THAT(reason("{" + entry("\"U8\"", "[2]", "[0,1.5]") + "}", two), HasSubstr("natural number"));
  EXPECT_THAT(reason("{" + entry("\"U8\"", "[2]", "[2,0]") + "}", two), HasSubstr("before it begins"));
  EXPECT_THAT(reason("{" + entry("\"U8\"", "[2]", "[0,2,4]") + "}", two), HasSubstr("two numbers"));
  EXPECT_THAT(reason("{" + entry("\"U8\"", "[3]", "[0,2]") + "}", two), HasSubstr("expected 3 bytes"));
  EXPECT_THAT(reason("{" + entry("\"F64\"", "[4611686018427387904,4]", "[0,2]") + "}", two),
              HasSubstr("too many"));
  EXPECT_THAT(reason("{" + entry("\"F64\"", "[0,4611686018427387904,4]", "[0,0]") + "}"),
              HasSubstr("too many"));
  EXPECT_THAT(reason("{" + good + "}", {1, 2, 3}), HasSubstr("take 2 bytes, the file holds 3"));
  EXPECT_THAT(reason("{" + good + "}", {1}), HasSubstr("take 2 bytes, the file holds 1"));
  EXPECT_THAT(reason("{" + entry("\"U8\"", "[1]", "[1,2]") + "}", two), HasSubstr("begins at offset 1"));
  EXPECT_THAT(reason("{" + good + R"(,"y":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})", {1, 2, 3}),
              HasSubstr("begins at offset 1"));
  const std::string deep = "{\"x\":" + std::string(200000, '[');
  EXPECT_THAT(reason(deep), HasSubstr("not JSON"));
}

TEST_F(Safetensors, SurvivesRandomDamage) {
  save_safetensors(path("golden"), golden(), {{"format", "infograd"}});
  const Bytes original = read(path("golden"));
  Generator generator(2);
  for (int round = 0; round < 1000; ++round) {
    const auto name = write("damaged", test::damaged(original, generator));
    try {
      for (const auto& [key, tensor] : load_safetensors(name).tensors) EXPECT_LE(tensor.numel(), 64) << key;
    } catch (const IoError&) {
    }
  }
}

TEST_F(Safetensors, WriterRefusesAmbiguousNamesAndLeavesTheOldFile) {
  save_safetensors(path("x"), golden());
  const Bytes before = read(path("x"));
  const Tensor one = tensor({1});
  const auto refuse = [&](const nn::StateDict& tensors) {
    return message_of<ValueError>([&] { save_safetensors(path("x"), tensors); });
  };
  EXPECT_THAT(refuse({{"a", one}, {"a", one}}), HasSubstr("two tensors are called 'a'"));
  EXPECT_THAT(refuse({{"__metadata__", one}}), HasSubstr("__metadata__"));
  EXPECT_THAT(refuse({{"a", Tensor()}}), HasSubstr("undefined"));
  EXPECT_THAT(refuse({{"\xff", one}}), HasSubstr("UTF-8"));
  EXPECT_EQ(read(path("x")), before);
  EXPECT_THAT(message_of<IoError>([&] { save_safetensors(path("no/such/dir/x"), golden()); }),
              HasSubstr("cannot create"));
}

// A child writes as fast as it can until it is killed; the file is always the first version or the second,
// whole.
TEST_F(Safetensors, KilledWriterLeavesTheOldOrTheNewFile) {
  const auto version = [](double value) { return nn::StateDict{{"x", full({100000}, value)}}; };
  save_safetensors(path("x"), version(1));
  for (int round = 0; round < 12; ++round) {
    const nn::StateDict a = version(1), b = version(2);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      while (true) {
        save_safetensors(path("x"), a);
        save_safetensors(path("x"), b);
      }
    }
    usleep(3000 + 1700U * static_cast<unsigned>(round));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    const auto values = load_safetensors(path("x")).tensors.at(0).second.to_vector<float>();
    EXPECT_TRUE(values.front() == 1 || values.front() == 2);
    EXPECT_THAT(values, testing::Each(values.front()));
  }
}

// Python opens what we write, and we open what Python writes.
TEST_F(Safetensors, SavesBesideTheLeftoversOfAKilledProcessOfTheSameNumber) {
  // Every container has a process 1; one that was killed while saving leaves its temporary file.
  for (int i = 0; i < 1000; ++i)
    write("x." + std::to_string(::getpid()) + "-" + std::to_string(i) + ".tmp", {});
  checkpoint::save_safetensors(path("x"), {{"a", tensor({1})}});
  EXPECT_EQ(checkpoint::load_safetensors(path("x")).tensors.size(), 1U);
}

TEST_F(Safetensors, AgreesWithPython) {
  const char* python = std::getenv("INFOGRAD_PYTHON");
  const std::string program = python != nullptr ? python : "python3";
  if (std::system((program + " -c 'import numpy, safetensors.numpy' 2>/dev/null").c_str()) != 0)
    GTEST_SKIP() << program << " has no safetensors; INFOGRAD_PYTHON names another interpreter";
  save_safetensors(path("ours"), golden(), {{"format", "infograd"}});
  std::ofstream(path("check.py")) << R"(
import sys
import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
ours, theirs = sys.argv[1:]
x = load_file(ours)
assert sorted(x) == ["b", "m", "w"] and x["b"].shape == () and x["b"] == 7 and x["b"].dtype == np.int64
assert x["w"].tolist() == [1, -2] and x["w"].dtype == np.float32
assert x["m"].tolist() == [True, False, True]
assert safe_open(ours, "np").metadata() == {"format": "infograd"}
save_file({"h": np.array([[1, 2], [3, 4]], np.float16), "n": np.arange(3, dtype=np.int32)}, theirs, {"by": "python"})
)";
  ASSERT_EQ(
      std::system((program + " " + path("check.py") + " " + path("ours") + " " + path("theirs")).c_str()), 0);
  const auto theirs = load_safetensors(path("theirs"));
  EXPECT_EQ(find(theirs, "h").to_vector<float>(), (std::vector<float>{1, 2, 3, 4}));
  EXPECT_EQ(find(theirs, "n").to_vector<int64_t>(), (std::vector<int64_t>{0, 1, 2}));
  EXPECT_EQ(theirs.metadata.at("by"), "python");
}

}  // namespace
}  // namespace infograd
