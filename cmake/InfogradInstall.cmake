# Install tree: <prefix>/include/infograd, the library, the package files for find_package and pkg-config, and uninstall.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS infograd EXPORT infograd_targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# A header is public unless only sources of its own folder include it: those name themselves "Private:" in the first line.
foreach(folder IN LISTS INFOGRAD_FOLDERS)
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE "${PROJECT_SOURCE_DIR}" "${PROJECT_SOURCE_DIR}/${folder}/*.h")
  foreach(header IN LISTS headers)
    file(STRINGS "${PROJECT_SOURCE_DIR}/${header}" first LIMIT_COUNT 1)
    if(NOT first MATCHES "^// Private" AND NOT header STREQUAL "core/infograd.h")
      get_filename_component(directory "${header}" DIRECTORY)
      install(FILES "${PROJECT_SOURCE_DIR}/${header}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/infograd/${directory}")
    endif()
  endforeach()
endforeach()
install(FILES "${PROJECT_SOURCE_DIR}/core/infograd.h" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/infograd")

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/infograd")
configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/infograd-config.cmake.in" "${CMAKE_CURRENT_BINARY_DIR}/infograd-config.cmake"
                              INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/infograd-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/infograd-config.cmake" "${CMAKE_CURRENT_BINARY_DIR}/infograd-config-version.cmake"
        DESTINATION "${package_dir}")
install(EXPORT infograd_targets NAMESPACE infograd:: FILE infograd-targets.cmake DESTINATION "${package_dir}")
export(EXPORT infograd_targets NAMESPACE infograd:: FILE "${CMAKE_CURRENT_BINARY_DIR}/infograd-targets.cmake")

if(INFOGRAD_ONEDNN)
  set(INFOGRAD_ONEDNN_LINK_FLAG " -ldnnl")
endif()
configure_file("${CMAKE_CURRENT_LIST_DIR}/infograd.pc.in" "${CMAKE_CURRENT_BINARY_DIR}/infograd.pc" @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/infograd.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

if(NOT TARGET infograd_uninstall)
  add_custom_target(infograd_uninstall
    COMMAND xargs -r rm -v -- < "${CMAKE_BINARY_DIR}/install_manifest.txt"
    COMMENT "Removing the files of install_manifest.txt")
endif()
