# Installs the build into an empty folder, then builds and runs a project that only knows that folder.
#   cmake -D BUILD=… -D SOURCE=… -D WORK=… -D COMPILER=… -D FLAGS=… -P run.cmake
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK}/project)
file(COPY_FILE ${SOURCE}/consumer.cpp ${WORK}/project/consumer.cpp)
file(COPY_FILE ${SOURCE}/../../examples/naive/naive.c ${WORK}/project/naive.c)
# The C compiler of the same family, for the same sanitizers.
string(REGEX REPLACE "clang\\+\\+" "clang" C_COMPILER ${COMPILER})
string(REGEX REPLACE "g\\+\\+" "gcc" C_COMPILER ${C_COMPILER})
set(examples ${SOURCE}/../../examples)
file(COPY_FILE ${examples}/embed/embed.cpp ${WORK}/project/embed.cpp)
file(COPY_FILE ${examples}/shadow/shadow.c ${WORK}/project/shadow.c)
file(COPY_FILE ${SOURCE}/project.cmake ${WORK}/project/CMakeLists.txt)
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} -S ${WORK}/project -B ${WORK}/build -G Ninja
  -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_CXX_FLAGS=${FLAGS}
    -D CMAKE_C_COMPILER=${C_COMPILER} -D CMAKE_C_FLAGS=${FLAGS} -D CMAKE_PREFIX_PATH=${WORK}/prefix
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/build COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${WORK}/build/consumer COMMAND_ERROR_IS_FATAL ANY)

# run(FOLDER): the examples there print what the guide shows.
file(READ ${SOURCE}/../../docs/library.md guide)
function(run folder)
  execute_process(COMMAND ${folder}/embed OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
  string(FIND "${guide}" "${output}" found)
  if(found EQUAL -1)
    message(FATAL_ERROR "docs/library.md does not show what ${folder}/embed prints:\n${output}")
  endif()
  execute_process(COMMAND ${folder}/shadow ${examples}/shadow/calls.log
    RESULT_VARIABLE result OUTPUT_VARIABLE output)
  string(FIND "${guide}" "${output}" found)
  if(NOT result EQUAL 1 OR found EQUAL -1)
    message(FATAL_ERROR "docs/library.md does not show what ${folder}/shadow prints, or it exits "
      "with ${result}:\n${output}")
  endif()
endfunction()
run(${WORK}/build)

# The same examples without CMake.
find_program(pkg_config NAMES pkg-config pkgconf REQUIRED)
file(GLOB_RECURSE description ${WORK}/prefix/growsdown.pc)
cmake_path(GET description PARENT_PATH folder)
set(ENV{PKG_CONFIG_PATH} ${folder})
file(MAKE_DIRECTORY ${WORK}/plain)
set(c "${C_COMPILER} -std=c11 shadow.c")
if(FLAGS) # the sanitizer's C++ part is linked by the C++ compiler only
  set(c "${COMPILER} -x c -std=c11 shadow.c -x none")
endif()
foreach(compile IN ITEMS "${COMPILER} -std=c++20 embed.cpp -o ../plain/embed"
    "${c} -o ../plain/shadow")
  execute_process(COMMAND sh -c "${compile} ${FLAGS} $(${pkg_config} --cflags --libs growsdown)"
    WORKING_DIRECTORY ${WORK}/project COMMAND_ERROR_IS_FATAL ANY)
endforeach()
run(${WORK}/plain)

# The installed command, where there is one, finds its helper and its corpus, and the mistakes.
if(EXISTS ${WORK}/prefix/bin/growsdown)
  execute_process(COMMAND ${WORK}/prefix/bin/growsdown conform --runs 500
    --on plugin:${WORK}/build/libnaive.so RESULT_VARIABLE result OUTPUT_VARIABLE output)
  if(NOT result EQUAL 1 OR NOT output MATCHES "3 differ" OR output MATCHES "\\(0 of the corpus")
    message(FATAL_ERROR "conform: exit code ${result}\n${output}")
  endif()
endif()
