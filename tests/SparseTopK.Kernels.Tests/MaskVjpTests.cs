namespace SparseTopK.Kernels.Tests;

public sealed class MaskVjpOnCpu : MaskVjpContract<CpuDevices>;

public sealed class MaskVjpOnOpenCl : MaskVjpContract<OpenClDevices>;

public sealed class MaskVjpOnCuda : MaskVjpContract<CudaDevices>;
