# Flags for our own targets only; nothing here reaches a consumer.
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
find_program(CCACHE_PROGRAM ccache)
if(PROJECT_IS_TOP_LEVEL AND CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CCACHE_PROGRAM}")
endif()

add_library(infograd_settings INTERFACE)
target_compile_options(infograd_settings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                       -ffp-contract=off -fno-math-errno)
if(INFOGRAD_WERROR)
  target_compile_options(infograd_settings INTERFACE -Werror)
endif()
set(INFOGRAD_TEST_OPTIONS -O1)  # half the compile time; the library keeps its own level
if(INFOGRAD_SANITIZE)
  target_compile_options(infograd_settings INTERFACE -fsanitize=${INFOGRAD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(infograd_settings INTERFACE -fsanitize=${INFOGRAD_SANITIZE})
  # What keeps such a build affordable: the vector kernels at one instruction set (the emulated one alone takes ten times
  # as long), unoptimised tests, and dangling locals watched where objects have owners, not in kernels and tests.
  target_compile_options(infograd_settings INTERFACE -mavx2 -mfma -mbmi -mbmi2 -mf16c -mpclmul -maes)
  target_compile_definitions(infograd_settings INTERFACE HWY_COMPILE_ONLY_STATIC)
  set(INFOGRAD_KERNEL_OPTIONS -fno-sanitize-address-use-after-scope)
  set(INFOGRAD_TEST_OPTIONS -O0 -fno-sanitize-address-use-after-scope)
endif()
