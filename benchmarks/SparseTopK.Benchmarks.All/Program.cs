using SparseTopK.Benchmarks;
using SparseTopK.Benchmarks.All.Kernels;
using SparseTopK.Benchmarks.All.Torch;
using SparseTopK.Benchmarks.Tables;

using var devices = new DeviceContenders();
return Commands.Run(
    "Benchmarks of SparseTopK beside libtorch and on accelerators, with the core in the same run.",
    [new TorchBaselines(), new CoreContenders(), new TorchContenders(), devices],
    [
        TableCommand.Create("torch", "The operators through autograd against torch.topk and against the core.", AutogradRatios.Run),
        TableCommand.Create("kernels", "The kernels on the best accelerator (CUDA, else OpenCL), against a device copy and the core.", KernelRatios.Run),
    ],
    args);
