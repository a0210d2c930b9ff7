"""abi.py SYMBOLS: which symbols that TorchSharp's native library takes from libtorch are missing in this machine's torch.

SYMBOLS holds a name on each line, as pack.sh writes them. Exit status: 0 where none is missing."""
import ctypes
import os
import sys

import torch

folder = os.path.join(os.path.dirname(torch.__file__), 'lib')
libraries = [ctypes.CDLL(os.path.join(folder, name)) for name in ('libc10.so', 'libtorch_cpu.so', 'libtorch.so')]
with open(sys.argv[1]) as file:
    symbols = file.read().split()
missing = [symbol for symbol in symbols if not any(hasattr(library, symbol) for library in libraries)]
print('\n'.join(missing))
print('torch %s lacks %d of %d symbols' % (torch.__version__, len(missing), len(symbols)))
sys.exit(1 if missing else 0)
