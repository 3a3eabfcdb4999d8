# Everything infograd stands on, all private. Found first, never downloaded.
if(INFOGRAD_ONEDNN)
  find_package(dnnl REQUIRED)
endif()
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(BLAS REQUIRED)
find_package(LAPACK REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(ZLIB REQUIRED)
find_package(hwy REQUIRED)
find_path(INFOGRAD_STB_DIR stb_image_write.h PATH_SUFFIXES stb REQUIRED)

set(INFOGRAD_LINKED_DEPENDENCIES OpenMP::OpenMP_CXX BLAS::BLAS LAPACK::LAPACK ZLIB::ZLIB fmt::fmt hwy::hwy
    ${CMAKE_DL_LIBS})
if(INFOGRAD_ONEDNN)
  list(PREPEND INFOGRAD_LINKED_DEPENDENCIES DNNL::dnnl)
endif()

# Header-only ones: include directories, no link. (fmt is linked: its header-only form costs each file three seconds.)
add_library(infograd_headers INTERFACE)
target_include_directories(infograd_headers SYSTEM INTERFACE
  "$<TARGET_PROPERTY:nlohmann_json::nlohmann_json,INTERFACE_INCLUDE_DIRECTORIES>" "${INFOGRAD_STB_DIR}")
