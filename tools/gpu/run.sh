#!/bin/bash
# run.sh [SECONDS]: from the unpacked kit, on the machine with the GPU: everything that there is to see, within so many seconds (540). Each part
# has a limit of its own, so that one that hangs leaves time for the rest. Logs and figures go to $OUT (./out); the summary comes last.
set -u
kit=$(cd "$(dirname "$0")" && pwd)
export OUT=${OUT:-out}
mkdir -p "$OUT"
OUT=$(cd "$OUT" && pwd)
total=${1:-540}
export DOTNET_ROOT=$kit/dotnet DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 DOTNET_EnableDiagnostics=0
python=${PYTHON:-python3}
suite() { # NAME SUITE ARGUMENTS...: what to run for a suite.
    local name=$1
    shift
    echo "$kit/dotnet/dotnet exec $kit/suites/Runner.dll $* --forbid-skips --log $OUT/$name.tests.txt --json $OUT/$name.json"
}

: >"$OUT/summary.txt"
: >"$OUT/parts.jsonl"
part() { # NAME LIMIT COMMAND...
    local name=$1 limit=$2 rest=$((total - SECONDS - 10))
    shift 2
    [ "$limit" -gt "$rest" ] && limit=$rest
    if [ "$limit" -lt 5 ]; then
        printf '%-12s no time left\n' "$name" | tee -a "$OUT/summary.txt"
        return
    fi
    local from=$SECONDS
    timeout -k 5 "$limit" "$@" >"$OUT/$name.log" 2>&1
    local code=$? last
    last=$(grep -v '^$' "$OUT/$name.log" | tail -n 1 | cut -c 1-160)
    printf '%-12s exit %d, %d s: %s\n' "$name" $code $((SECONDS - from)) "$last" | tee -a "$OUT/summary.txt"
    "$python" -c 'import json, sys; print(json.dumps(dict(part=sys.argv[1], exit=int(sys.argv[2]), seconds=int(sys.argv[3]), last=sys.argv[4])))' \
        "$name" $code $((SECONDS - from)) "$last" >>"$OUT/parts.jsonl"
    return $code
}
with_tool() { # NAME LIMIT TOOL COMMAND...: where the tool is here.
    command -v "$3" >/dev/null || { printf '%-12s %s is not here\n' "$1" "$3" | tee -a "$OUT/summary.txt"; return 1; }
    part "$@"
}

{ nvidia-smi; "$kit/dotnet/dotnet" --list-runtimes; "$python" -c 'import torch; print(torch.__version__, torch.version.cuda)'; } >"$OUT/machine.log" 2>&1

part smoke 60 $(suite smoke SparseTopK.Kernels.Tests --class SurfaceOnCuda)
part bench 150 "$python" "$kit/python/bench.py" --seconds 140 --json "$OUT/bench.json" --markdown "$OUT/bench.md"
part contracts 200 $(suite contracts SparseTopK.Kernels.Tests --class OnCuda --not SurfaceOnCuda --seconds 190)
if part abi 30 "$python" "$kit/python/abi.py" "$kit/python/torchsharp.symbols"; then
    libraries=$("$python" -c 'import os, torch; print(os.path.join(os.path.dirname(torch.__file__), "lib"))')
    LD_LIBRARY_PATH=$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} \
        part torch 120 $(suite torch SparseTopK.Torch.Tests --class OnCudaTensors --seconds 110)
fi
for tool in memcheck racecheck; do
    with_tool $tool 60 compute-sanitizer --tool $tool --print-limit 20 --error-exitcode 9 $(suite $tool SparseTopK.Kernels.Tests --class RowsOnCuda.Ties --seconds 50)
done
with_tool ncu 60 ncu --clock-control none --set basic --section SpeedOfLight --section Occupancy --section WarpStateStats \
    --section MemoryWorkloadAnalysis -c 40 "$python" "$kit/python/bench.py" --once --seconds 30
cat "$OUT/summary.txt"
! grep -q '"exit": [1-9]' "$OUT/parts.jsonl"
