# The Debian package, and what is installed besides programs, libraries and headers: documents, man
# pages and a completion for bash. scripts/package builds the package.
include_guard()

set(GROWSDOWN_DOC ${CMAKE_INSTALL_DATADIR}/doc/growsdown)
install(FILES README.md DESTINATION ${GROWSDOWN_DOC})
install(DIRECTORY docs/ DESTINATION ${GROWSDOWN_DOC}/docs
  FILES_MATCHING PATTERN "*.md" PATTERN "*.svg")

set(GROWSDOWN_MAINTAINER "growsdown maintainers <growsdown@example.org>" CACHE STRING
  "Maintainer of the Debian package")
string(TIMESTAMP GROWSDOWN_DATE "%a, %d %b %Y %H:%M:%S +0000" UTC)
set(debian ${PROJECT_BINARY_DIR}/debian)
configure_file(cmake/debian/changelog.in ${debian}/changelog @ONLY)
install(FILES cmake/debian/copyright DESTINATION ${GROWSDOWN_DOC})
# Changelogs are compressed, as Debian requires.
function(growsdown_compress from to)
  add_custom_command(OUTPUT ${debian}/${to} DEPENDS ${from} VERBATIM
    COMMAND sh -c "gzip -9nc \"$1\" > \"$2\"" gzip ${from} ${debian}/${to})
  install(FILES ${debian}/${to} DESTINATION ${GROWSDOWN_DOC} OPTIONAL)
endfunction()
growsdown_compress(${PROJECT_SOURCE_DIR}/CHANGELOG.md changelog.gz)
growsdown_compress(${debian}/changelog changelog.Debian.gz)
add_custom_target(growsdown_changelog ALL DEPENDS ${debian}/changelog.gz
  ${debian}/changelog.Debian.gz)

# Man pages and completion come from --help, so they need a program that runs here.
if(TARGET growsdown AND NOT CMAKE_CROSSCOMPILING)
  find_package(Python3 COMPONENTS Interpreter)
  if(Python3_Interpreter_FOUND)
    set(man ${PROJECT_BINARY_DIR}/man)
    add_custom_command(OUTPUT ${man}/growsdown.bash VERBATIM
      DEPENDS growsdown ${PROJECT_SOURCE_DIR}/cmake/man_pages.py
      COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/cmake/man_pages.py
        $<TARGET_FILE:growsdown> ${man})
    add_custom_target(growsdown_man ALL DEPENDS ${man}/growsdown.bash)
    install(DIRECTORY ${man}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
      OPTIONAL FILES_MATCHING PATTERN "*.1.gz")
    install(FILES ${man}/growsdown.bash RENAME growsdown OPTIONAL
      DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  endif()
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME growsdown)
set(CPACK_PACKAGE_CONTACT ${GROWSDOWN_MAINTAINER})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "checks Linux's stack growth and page-fault rules")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cvc5, gcc, qemu-system-arm, qemu-system-x86, user-mode-linux")
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
"The command growsdown replays what real kernels did, compares an emulator, a
library operating system or a running kernel with an executable specification,
and shows which rule decided each step. The package also has a library that
implements the rules, its headers, and the documentation.")
# Directories and files for everybody, whatever the umask of the build.
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
  GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
include(CPack)

# Once, in the build with clang and without a sanitizer.
if(GROWSDOWN_TESTS AND TARGET growsdown_man AND CMAKE_CXX_COMPILER_ID MATCHES Clang
    AND NOT GROWSDOWN_SANITIZE)
  find_program(GROWSDOWN_BASH NAMES bash REQUIRED)
  add_test(NAME package.deb COMMAND ${GROWSDOWN_BASH} ${PROJECT_SOURCE_DIR}/tests/package/run.sh
    ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR} ${PROJECT_BINARY_DIR}/package-test)
  set_tests_properties(package.deb PROPERTIES LABELS package SKIP_RETURN_CODE 77 TIMEOUT 300)
endif()
