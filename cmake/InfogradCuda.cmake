# The CUDA backend: an object library of its own, so that nvcc gets its own flags and nothing else changes.
set(INFOGRAD_CUDA_ARCHITECTURES "" CACHE STRING "Compute capabilities, each as machine code and PTX; empty: 80;90 and, \
where the toolkit knows it, 120")
set(INFOGRAD_LISTS_OF_BACKENDS registry.cpp transfer.cpp cuda_device.cpp copy_ahead.cpp late_checks.cpp linalg.cpp row_sums.cpp)
if(NOT "$ENV{CUDACXX}" STREQUAL "" AND NOT DEFINED CUDAToolkit_ROOT)  # CMake's variable for nvcc: its toolkit, then
  find_program(nvcc "$ENV{CUDACXX}" NO_CACHE)
  if(NOT nvcc)
    message(FATAL_ERROR "CUDACXX is '$ENV{CUDACXX}' in the environment, but there is no such program: name an nvcc, or unset it")
  endif()
  file(REAL_PATH "${nvcc}" nvcc)
  cmake_path(GET nvcc PARENT_PATH root)
  cmake_path(GET root PARENT_PATH root)
  if(EXISTS "${root}/include/cuda_runtime.h")
    set(CUDAToolkit_ROOT "${root}")
  endif()
endif()
find_package(CUDAToolkit 12.4 QUIET)
if(NOT CUDAToolkit_FOUND)
  message(FATAL_ERROR "INFOGRAD_CUDA=ON needs the CUDA toolkit, 12.4 or later: install it \
(https://developer.nvidia.com/cuda-downloads), say where it is with -DCUDAToolkit_ROOT=, or configure without (preset release)")
endif()
set(missing "")
foreach(library cudart cublasLt cublas cusolver)
  if(NOT TARGET CUDA::${library})
    list(APPEND missing ${library})
  endif()
endforeach()
if(missing)
  list(JOIN missing ", " missing)
  message(FATAL_ERROR "INFOGRAD_CUDA=ON: the CUDA toolkit ${CUDAToolkit_VERSION} in ${CUDAToolkit_LIBRARY_DIR} lacks ${missing}: \
install its libraries for development, or say where a whole toolkit is with -DCUDAToolkit_ROOT=")
endif()
set(architectures 80 90)
if(CUDAToolkit_VERSION VERSION_GREATER_EQUAL 12.8)
  list(APPEND architectures 120)
endif()
if(INFOGRAD_CUDA_ARCHITECTURES)
  set(architectures ${INFOGRAD_CUDA_ARCHITECTURES})
endif()
if(NOT CMAKE_CUDA_COMPILER)  # the compiler of the toolkit found above, on the PATH or not
  set(CMAKE_CUDA_COMPILER "${CUDAToolkit_NVCC_EXECUTABLE}")
endif()
execute_process(COMMAND "${CMAKE_CUDA_COMPILER}" --list-gpu-arch OUTPUT_VARIABLE known ERROR_QUIET)
string(REGEX MATCHALL "[0-9]+" known "${known}")
foreach(each IN LISTS architectures)
  string(REGEX MATCH "^([0-9]+)[af]?(-real|-virtual)?$" _ "${each}")
  if(known AND NOT CMAKE_MATCH_1 IN_LIST known AND NOT each MATCHES "^(native|all|all-major)$")
    list(JOIN known " " known)
    message(FATAL_ERROR "INFOGRAD_CUDA_ARCHITECTURES: ${each} is no compute capability that CUDA ${CUDAToolkit_VERSION} \
compiles for: ${known} (9.0 is written 90; `nvidia-smi --query-gpu=compute_cap --format=csv` names that of a GPU)")
  endif()
endforeach()
set(CMAKE_CUDA_ARCHITECTURES ${architectures})
set(CMAKE_CUDA_RUNTIME_LIBRARY None)  # the library links it below; CMake would add a second, static one to each program
enable_language(CUDA)

# cuDNN is optional. Convolutions that it does not do, or all without it, are products through cuBLAS.
set(INFOGRAD_CUDNN AUTO CACHE STRING "Convolutions through cuDNN 9: AUTO where it is found, ON, OFF")
set_property(CACHE INFOGRAD_CUDNN PROPERTY STRINGS AUTO ON OFF)
set(INFOGRAD_CUDNN_FOUND OFF)
if(INFOGRAD_CUDNN)  # AUTO counts as true, too
  include(InfogradCudnn)
  if(INFOGRAD_CUDNN_FOUND)
    message(STATUS "cuDNN: ${INFOGRAD_CUDNN_VERSION}, ${INFOGRAD_CUDNN_LIBRARY}")
  elseif(INFOGRAD_CUDNN STREQUAL "ON")
    message(FATAL_ERROR "INFOGRAD_CUDNN=ON, but there is no cuDNN 9; set CUDNN_ROOT in the environment to the folder that holds "
                        "its include and lib")
  else()
    message(STATUS "cuDNN: not found; convolutions are products through cuBLAS")
  endif()
endif()

file(GLOB cuda_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/backends/cuda/*.cu" "${PROJECT_SOURCE_DIR}/backends/cuda/*.cpp")
add_library(infograd_cuda OBJECT ${cuda_sources})
target_include_directories(infograd_cuda PRIVATE "${INFOGRAD_INCLUDE_DIR}" "$<TARGET_PROPERTY:fmt::fmt,INTERFACE_INCLUDE_DIRECTORIES>")
target_include_directories(infograd_cuda SYSTEM PRIVATE ${CUDAToolkit_INCLUDE_DIRS})
# As on the host, products and sums are contracted only where a kernel says so (std::fma).
target_compile_options(infograd_cuda PRIVATE
  "$<$<COMPILE_LANGUAGE:CXX>:$<TARGET_PROPERTY:infograd_settings,INTERFACE_COMPILE_OPTIONS>>"
  "$<$<COMPILE_LANGUAGE:CUDA>:-std=c++20;--expt-relaxed-constexpr;--fmad=false;-Xcompiler=-Wall,-Wextra,-ffp-contract=off>")
if(INFOGRAD_WERROR)
  target_compile_options(infograd_cuda PRIVATE "$<$<COMPILE_LANGUAGE:CUDA>:--Werror=all-warnings;-Xcompiler=-Werror>")
endif()
set_target_properties(infograd_cuda PROPERTIES CXX_STANDARD 20
                      POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden CUDA_VISIBILITY_PRESET hidden
                      VISIBILITY_INLINES_HIDDEN ON)
if(INFOGRAD_CUDNN_FOUND)
  set_property(SOURCE "${PROJECT_SOURCE_DIR}/backends/cuda/cudnn_conv.cpp" APPEND PROPERTY COMPILE_DEFINITIONS INFOGRAD_CUDNN)
  target_include_directories(infograd_cuda SYSTEM PRIVATE "${INFOGRAD_CUDNN_INCLUDE_DIR}")
  target_link_libraries(infograd PRIVATE "$<LINK_ONLY:${INFOGRAD_CUDNN_LIBRARY}>")
endif()
find_program(CCACHE_PROGRAM ccache)
if(PROJECT_IS_TOP_LEVEL AND CCACHE_PROGRAM)
  set_target_properties(infograd_cuda PROPERTIES CUDA_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

target_sources(infograd PRIVATE $<TARGET_OBJECTS:infograd_cuda>)
# Only the files that list backends know of it: every other object is that of a build without CUDA.
list(TRANSFORM INFOGRAD_LISTS_OF_BACKENDS PREPEND "${PROJECT_SOURCE_DIR}/backends/")
set_property(SOURCE ${INFOGRAD_LISTS_OF_BACKENDS} APPEND PROPERTY COMPILE_DEFINITIONS INFOGRAD_CUDA)
set_source_files_properties(${INFOGRAD_LISTS_OF_BACKENDS} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
target_link_libraries(infograd PRIVATE $<LINK_ONLY:CUDA::cudart> $<LINK_ONLY:CUDA::cublasLt>
                      $<LINK_ONLY:CUDA::cublas> $<LINK_ONLY:CUDA::cusolver>)
set(INFOGRAD_CUDA_LINK_FLAGS " -L${CUDAToolkit_LIBRARY_DIR} -lcudart -lcublasLt -lcublas -lcusolver")  # for pkg-config
if(INFOGRAD_CUDNN_FOUND)
  string(APPEND INFOGRAD_CUDA_LINK_FLAGS " ${INFOGRAD_CUDNN_LIBRARY}")
endif()
# Made before CUDA was enabled, and Makefiles ask for the architectures of whatever holds an object of CUDA.
set_target_properties(infograd PROPERTIES LINKER_LANGUAGE CXX CUDA_RUNTIME_LIBRARY None CUDA_ARCHITECTURES "${architectures}")
