# Simulated devices (tests/sim): a library for its tests, and the program cordon-sim in the build folder. Neither is
# installed or shipped.
file(GLOB sim_sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/sim/*.c")
list(FILTER sim_sources EXCLUDE REGEX "/main\\.c$")
add_library(cordon_sim STATIC ${sim_sources})
target_include_directories(cordon_sim PUBLIC "${CMAKE_SOURCE_DIR}/tests/sim")
target_link_libraries(cordon_sim PUBLIC ${CORDON_LIBRARIES})
add_executable(cordon-sim "${CMAKE_SOURCE_DIR}/tests/sim/main.c")
target_link_libraries(cordon-sim PRIVATE cordon_sim)
