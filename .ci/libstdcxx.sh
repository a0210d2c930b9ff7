#!/bin/sh
# libstdcxx.sh FOLDER: prints the library to preload so that TorchSharp's native library loads; nothing where none is needed.
#
# TorchSharp's library is built by GCC 13 and asks for version GLIBCXX_3.4.32 of libstdc++, for one symbol: a function that makes
# std::cout and its likes ready, which older compilers put into each object file instead. Where libstdc++ is older (Debian 12,
# Ubuntu 22.04) and there is a C compiler, a library of the same name is made in FOLDER that adds the symbol to the system's.
set -u
mkdir -p "$1" && cd "$1" || exit 1

add_symbol() {
    # system.so stands for the system's library while linking; at run time that is loaded from its path.
    cc -shared -fPIC -x c /dev/null "-Wl,-soname,$system" -o system.so &&
        cat >symbol.c <<'END' &&
extern void _ZNSt8ios_base4InitC1Ev(void *);                                   /* std::ios_base::Init::Init() */
void _ZSt21ios_base_library_initv(void)                                        /* std::ios_base_library_init() */
{
    static char init;
    _ZNSt8ios_base4InitC1Ev(&init);
}
END
        # The loader asks the first library of a name for every version.
        objdump -p "$system" | awk '$4 ~ /^(GLIBCXX|CXXABI)_/ { print $4 " {};" }' >versions &&
        echo 'GLIBCXX_3.4.32 { global: _ZSt21ios_base_library_initv; local: *; };' >>versions &&
        cc -shared -fPIC -O2 symbol.c -Wl,-soname,libstdc++.so.6 -Wl,--version-script=versions -Wl,--no-as-needed system.so -o libstdc++.so.6
}

system=$(cc -print-file-name=libstdc++.so.6 2>/dev/null)
if [ -f "$system" ] && ! grep -q GLIBCXX_3.4.32 "$system"; then
    system=$(realpath -s "$system")
    add_symbol && echo "$PWD/libstdc++.so.6"
fi
