using ILGPU.Runtime;

#pragma warning disable CA1861 // Arrays where a reader wants to see them.

namespace SparseTopK.Kernels.Tests.Readme;

/// <summary>The README's blocks for ILGPU, in its order. <see cref="ReadmeTests"/> holds the two together, and runs these.</summary>
internal static class ReadmeSnippets
{
    internal static readonly Action[] All = [Mask];

    private static void Mask()
    {
        #region snippet
        using GpuTopK gpu = GpuTopK.CreateBest();           // CUDA, else OpenCL, else a slow simulation; or new GpuTopK(accelerator)
        using var scores = gpu.Accelerator.Allocate1D(new[] { 2.0f, 1.2f, 1.0f, -0.5f });
        using var mask = gpu.Accelerator.Allocate1D<float>(4);
        using var gradient = gpu.Accelerator.Allocate1D(new[] { 1f, 2f, 3f, 4f });
        PNorm norm = PNorm.Quadratic(lambda: 0.5);

        gpu.MaskForward<float>(scores.View, n: 4, k: 2, norm, mask.View);
        gpu.MaskVjp<float>(mask.View, gradient.View, n: 4, norm, destination: gradient.View);
        gpu.Accelerator.Synchronize();
        Console.WriteLine(string.Join("  ", mask.GetAsArray1D().Select(y => y.ToString("0.00"))));
        Console.WriteLine(string.Join("  ", gradient.GetAsArray1D().Select(g => g.ToString("0.00"))));
        #endregion
    }
}
