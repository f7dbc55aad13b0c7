# Installs the build into an empty folder, then builds and runs a project that only knows that folder.
#   cmake -D BUILD=… -D SOURCE=… -D WORK=… -D COMPILER=… -D FLAGS=… -P run.cmake
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK}/project)
file(COPY_FILE ${SOURCE}/consumer.cpp ${WORK}/project/consumer.cpp)
file(COPY_FILE ${SOURCE}/../../examples/naive/naive.c ${WORK}/project/naive.c)
file(COPY_FILE ${SOURCE}/project.cmake ${WORK}/project/CMakeLists.txt)
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} -S ${WORK}/project -B ${WORK}/build -G Ninja
  -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_CXX_FLAGS=${FLAGS} -D CMAKE_PREFIX_PATH=${WORK}/prefix
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/build COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${WORK}/build/consumer COMMAND_ERROR_IS_FATAL ANY)
# The installed command, where there is one, finds its helper and its corpus, and the mistakes.
if(EXISTS ${WORK}/prefix/bin/growsdown)
  execute_process(COMMAND ${WORK}/prefix/bin/growsdown conform --runs 500
    --on plugin:${WORK}/build/libnaive.so RESULT_VARIABLE result OUTPUT_VARIABLE output)
  if(NOT result EQUAL 1 OR NOT output MATCHES "3 differ" OR output MATCHES "\\(0 of the corpus")
    message(FATAL_ERROR "conform: exit code ${result}\n${output}")
  endif()
endif()
