#!/bin/sh
# pack.sh [FILE]: makes FILE (artifacts/gpu/kit.tar.xz), all that a machine with a GPU needs to test and to time the kernels, where it has
# neither the .NET SDK nor a network: the .NET runtime, the suites and what runs them, and the kernels for Python. README.md says how it is used.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
file=${1:-$root/artifacts/gpu/kit.tar.xz}
most=$((45 * 1000 * 1000))
kit=$(mktemp -d)
trap 'rm -rf "$kit"' EXIT
publish() {
    dotnet publish "$here/$1" -c Release -o "$kit/$2" -p:UseAppHost=false -p:DebugType=none -v:quiet -nologo
}

sdk=$(dirname "$(readlink -f "$(command -v dotnet)")")
version=$(dotnet --list-runtimes | awk '$1 == "Microsoft.NETCore.App" { print $2 }' | tail -n 1)
mkdir -p "$kit/dotnet/shared/Microsoft.NETCore.App"
cp -r "$sdk/dotnet" "$sdk/host" "$kit/dotnet/"
cp -r "$sdk/shared/Microsoft.NETCore.App/$version" "$kit/dotnet/shared/Microsoft.NETCore.App/"

publish Runner suites
publish PythonHost python
cp "$here"/python/*.py "$kit/python/"
cp "$here/run.sh" "$kit/"

# TorchSharp's native library goes along, libtorch does not: the machine's PyTorch has one. What the first takes of the second:
native=$(find "$kit/suites" -name libLibTorchSharp.so | head -n 1)
if [ -n "$native" ]; then
    nm -D --undefined-only "$native" | awk '{ print $NF }' | grep -E '^_ZN?K?(N|S)?.*(2at|3c10|5torch)' | sed 's/@.*//' >"$kit/python/torchsharp.symbols"
    cp "$native" "$kit/suites/"
fi
rm -rf "$kit/suites/runtimes" "$kit"/*/*.xml
find "$kit/suites" \( -name 'libtorch*' -o -name 'libc10*' -o -name 'libgomp*' \) -delete

mkdir -p "$(dirname "$file")"
tar -C "$kit" -c . | xz -T0 -6 >"$file"
size=$(stat -c %s "$file")
echo "$file: $size bytes"
[ "$size" -le "$most" ] || { echo "The archive is larger than $most bytes." >&2; exit 1; }
