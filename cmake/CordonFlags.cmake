# Compiler and linker flags shared by every target.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_compile_definitions(_GNU_SOURCE _FILE_OFFSET_BITS=64 CORDON_VERSION="${PROJECT_VERSION}")
add_compile_options(
    -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes -Wvla
    -Wformat=2 -Wundef -Werror -fno-common -fno-strict-aliasing -fstack-protector-strong)
# Clang alone: assert(!"sentence") says why a branch cannot be reached, and the macros of system headers leave fields out.
add_compile_options($<$<C_COMPILER_ID:Clang>:-Wno-string-conversion>
    $<$<C_COMPILER_ID:Clang>:-Wno-missing-field-initializers>)
if(APPLE)
    include(CordonMacos)
else()
    add_link_options(-Wl,-z,relro,-z,now -Wl,--as-needed)
endif()
# A release says nothing of the machine that built it, and is the same whether ccache made the paths relative or not.
file(RELATIVE_PATH way_up "${CMAKE_BINARY_DIR}" "${CMAKE_SOURCE_DIR}")
add_compile_options($<$<CONFIG:Release>:-ffile-prefix-map=${CMAKE_SOURCE_DIR}/=>
    $<$<CONFIG:Release>:-ffile-prefix-map=${way_up}/=>)
add_compile_options($<$<CONFIG:Release>:-U_FORTIFY_SOURCE> $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1")
if(APPLE)
    set(CMAKE_C_FLAGS_RELEASE "-O2") # what a debugger reads of a Mac's program would name the folders of this machine
endif()

# Functions of one file are put into those of another where that helps, in the folders that every event passes and in the
# programs. Their object files hold machine code, too: tests, of which there are many, are linked as ever.
if(CMAKE_C_COMPILER_ID STREQUAL "GNU" AND NOT APPLE)
    set(CORDON_WHOLE_COMPILE $<$<CONFIG:Release>:-flto> $<$<CONFIG:Release>:-ffat-lto-objects>)
    set(whole $<BOOL:$<TARGET_PROPERTY:CORDON_WHOLE>>)
    add_link_options($<$<CONFIG:Release>:$<IF:${whole},-flto=auto,-fno-lto>>
        $<$<CONFIG:Release>:-ffile-prefix-map=${CMAKE_BINARY_DIR}=.>)
endif()

# cordon_whole_program(TARGET): link it so.
function(cordon_whole_program target)
    set_target_properties(${target} PROPERTIES CORDON_WHOLE ON)
endfunction()

if(CORDON_SANITIZE)
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
endif()
if(CORDON_TSAN)
    add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
    add_link_options(-fsanitize=thread)
endif()
if(CORDON_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
if(CORDON_PLANT_OVERREAD)
    add_compile_definitions(CORDON_PLANT_OVERREAD)
endif()
if(CORDON_FAILPOINTS)
    add_compile_definitions(CORDON_FAILPOINTS)
endif()
