# What the programs link with, as `cordon_dependencies`: Debian's packages, or for macOS the static libraries that
# tools/cross builds of Debian's sources. Of macOS itself only libSystem, which the compiler adds.
add_library(cordon_dependencies INTERFACE)
if(APPLE)
    target_include_directories(cordon_dependencies SYSTEM INTERFACE "${CORDON_MACOS_PREFIX}/include")
    foreach(name yaml jansson pcre2-8 zstd curl ssl crypto)
        target_link_libraries(cordon_dependencies INTERFACE "${CORDON_MACOS_PREFIX}/lib/lib${name}.a")
    endforeach()
else()
    find_package(PkgConfig REQUIRED)
    pkg_check_modules(DEPS REQUIRED IMPORTED_TARGET
        yaml-0.1 jansson libpcre2-8 libzstd openssl sqlite3 libcurl libargon2 libseccomp yara)
    find_package(Threads REQUIRED)
    target_link_libraries(cordon_dependencies INTERFACE PkgConfig::DEPS Threads::Threads)
endif()
