# Everything infograd stands on, all private. Found first, never downloaded.
find_package(dnnl REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(BLAS REQUIRED)
find_package(LAPACK REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(ZLIB REQUIRED)
find_package(hwy REQUIRED)
find_path(INFOGRAD_STB_DIR stb_image_write.h PATH_SUFFIXES stb REQUIRED)

add_library(infograd_dependencies INTERFACE)
target_link_libraries(infograd_dependencies INTERFACE DNNL::dnnl OpenMP::OpenMP_CXX BLAS::BLAS LAPACK::LAPACK ZLIB::ZLIB
                      $<BUILD_INTERFACE:fmt::fmt-header-only> $<BUILD_INTERFACE:nlohmann_json::nlohmann_json>
                      hwy::hwy)
target_include_directories(infograd_dependencies SYSTEM INTERFACE "${INFOGRAD_STB_DIR}")
