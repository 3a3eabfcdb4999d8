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
if(INFOGRAD_SANITIZE)
  target_compile_options(infograd_settings INTERFACE -fsanitize=${INFOGRAD_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(infograd_settings INTERFACE -fsanitize=${INFOGRAD_SANITIZE})
endif()
