// The version of infograd, in this header only; CMake reads it from here.
#pragma once

#define INFOGRAD_VERSION_MAJOR 0
#define INFOGRAD_VERSION_MINOR 1
#define INFOGRAD_VERSION_PATCH 0
#define INFOGRAD_VERSION "0.1.0"
