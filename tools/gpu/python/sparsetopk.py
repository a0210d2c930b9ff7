"""SparseTopK's CUDA kernels on torch tensors.

    import sparsetopk
    gpu = sparsetopk.SparseTopK(app='.../python', root='.../dotnet')
    y = gpu.mask(x, k=10, lam=0.1)                 # rows are the last dimension; float16, float32 or float64
    gx = gpu.mask_vjp(y, gy, lam=0.1)
    z, thresholds = gpu.magnitude(x, k=10, lam=0.1)
    gx = gpu.magnitude_vjp(x, thresholds, gz, k=10, lam=0.1)

The .NET runtime runs in this process, and the kernels in torch's context, on torch's current stream: nothing is copied, nothing waits.
app is the folder of PythonHost.dll, root that of the .NET runtime (default: DOTNET_ROOT, or ../dotnet beside this file).
"""
import ctypes
import glob
import os

HERE = os.path.dirname(os.path.abspath(__file__))
LOAD_ASSEMBLY_AND_GET_FUNCTION_POINTER = 5
UNMANAGED_CALLERS_ONLY = ctypes.c_void_p(-1)


class Runtime:
    """The .NET runtime in this process, by hostfxr."""

    def __init__(self, app, root):
        os.environ.setdefault('DOTNET_ROOT', root)
        libraries = sorted(glob.glob(os.path.join(root, 'host', 'fxr', '*', 'libhostfxr.so')))
        if not libraries:
            raise FileNotFoundError('There is no .NET runtime in %s.' % root)
        fxr = ctypes.CDLL(libraries[-1])
        config = os.path.join(app, 'PythonHost.runtimeconfig.json').encode()

        class HostParameters(ctypes.Structure):
            _fields_ = [('size', ctypes.c_size_t), ('host_path', ctypes.c_char_p), ('dotnet_root', ctypes.c_char_p)]

        parameters = HostParameters(ctypes.sizeof(HostParameters), None, os.path.abspath(root).encode())
        handle, load = ctypes.c_void_p(), ctypes.c_void_p()
        code = fxr.hostfxr_initialize_for_runtime_config(config, ctypes.byref(parameters), ctypes.byref(handle))
        if code not in (0, 1, 2):
            raise RuntimeError('hostfxr_initialize_for_runtime_config: %#x' % (code & 0xffffffff))
        code = fxr.hostfxr_get_runtime_delegate(handle, LOAD_ASSEMBLY_AND_GET_FUNCTION_POINTER, ctypes.byref(load))
        if code:
            raise RuntimeError('hostfxr_get_runtime_delegate: %#x' % (code & 0xffffffff))
        pointer, text = ctypes.c_void_p, ctypes.c_char_p
        self._load = ctypes.CFUNCTYPE(ctypes.c_int, text, text, text, pointer, pointer, ctypes.POINTER(pointer))(load.value)
        self._assembly = os.path.join(app, 'PythonHost.dll').encode()

    def export(self, name, *types):
        function = ctypes.c_void_p()
        code = self._load(
            self._assembly, b'PythonHost.Exports, PythonHost', name.encode(), UNMANAGED_CALLERS_ONLY, None, ctypes.byref(function))
        if code:
            raise RuntimeError('%s: %#x' % (name, code & 0xffffffff))
        return ctypes.CFUNCTYPE(ctypes.c_int, *types)(function.value)


class Parameters(ctypes.Structure):
    """PythonHost.Parameters."""
    _fields_ = [('device', ctypes.c_int), ('bits', ctypes.c_int), ('length', ctypes.c_int64), ('n', ctypes.c_int), ('k', ctypes.c_int),
                ('p', ctypes.c_double), ('lam', ctypes.c_double), ('stream', ctypes.c_void_p)]


class SparseTopK:
    def __init__(self, device=0, app=HERE, root=None):
        runtime = Runtime(app, root or os.environ.get('DOTNET_ROOT') or os.path.join(HERE, '..', 'dotnet'))
        call, pointer = ctypes.POINTER(Parameters), ctypes.c_void_p
        self._error = runtime.export('Error', pointer, ctypes.c_int)
        self._open = runtime.export('Open', ctypes.c_int)
        self._close = runtime.export('Close')
        self.raw_mask = self._checked(runtime.export('Mask', call, pointer, pointer, pointer))
        self.raw_mask_vjp = self._checked(runtime.export('MaskVjp', call, pointer, pointer, pointer))
        self.raw_magnitude = self._checked(runtime.export('Magnitude', call, pointer, pointer, pointer))
        self.raw_magnitude_vjp = self._checked(runtime.export('MagnitudeVjp', call, pointer, pointer, pointer, pointer))
        self._check(self._open(device))

    def close(self):
        self._check(self._close())

    def mask(self, x, k, p=2.0, lam=0.1, out=None):
        import torch
        y = torch.empty_like(x) if out is None else out
        self.raw_mask(self._call(x, k, p, lam), x.data_ptr(), self._like(x, y).data_ptr(), None)
        return y

    def mask_vjp(self, y, g, p=2.0, lam=0.1, out=None):
        import torch
        gx = torch.empty_like(y) if out is None else out
        self.raw_mask_vjp(self._call(y, 0, p, lam), y.data_ptr(), self._like(y, g).data_ptr(), self._like(y, gx).data_ptr())
        return gx

    def magnitude(self, x, k, p=2.0, lam=0.1, out=None, thresholds=None):
        import torch
        z = torch.empty_like(x) if out is None else out
        gamma = torch.empty(x.shape[:-1], dtype=torch.float64, device=x.device) if thresholds is None else thresholds
        self.raw_magnitude(self._call(x, k, p, lam), x.data_ptr(), self._like(x, z).data_ptr(), gamma.data_ptr())
        return z, gamma

    def magnitude_vjp(self, x, thresholds, g, k, p=2.0, lam=0.1, out=None):
        import torch
        gx = torch.empty_like(x) if out is None else out
        self.raw_magnitude_vjp(
            self._call(x, k, p, lam), x.data_ptr(), thresholds.data_ptr(), self._like(x, g).data_ptr(), self._like(x, gx).data_ptr())
        return gx

    @staticmethod
    def _call(x, k, p, lam):
        import torch
        if not x.is_cuda or not x.is_contiguous() or x.dtype not in (torch.float16, torch.float32, torch.float64):
            raise ValueError('A contiguous CUDA tensor of float16, float32 or float64 is needed.')
        stream = torch.cuda.current_stream(x.device).cuda_stream
        return Parameters(x.device.index, x.element_size() * 8, x.numel(), x.shape[-1], k, p, lam, stream)

    @staticmethod
    def _like(x, other):
        if other.shape != x.shape or other.dtype != x.dtype or other.device != x.device or not other.is_contiguous():
            raise ValueError('All tensors of a call need one shape, type and device, and no gaps.')
        return other

    def _checked(self, function):
        def run(call, *pointers):
            self._check(function(ctypes.byref(call), *pointers))
        return run

    def _check(self, code):
        if code:
            text = ctypes.create_string_buffer(code)
            length = self._error(text, code)
            raise RuntimeError(text.raw[:length].decode())
