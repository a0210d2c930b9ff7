using ILGPU;
using SparseTopK.Kernels.Launching;

namespace SparseTopK.Kernels.Thresholding;

/// <summary>Where a row keeps its undecided entries; see <see cref="RowPass{T, TElement, TOperator}"/>.</summary>
internal interface IColumns
{
    /// <param name="memory">Memory of the device: as long as all rows, or empty.</param>
    /// <param name="start">The first entry of the row.</param>
    /// <param name="n">The entries of a row.</param>
    static abstract ArrayView<T> Of<T>(ArrayView<T> memory, long start, int n)
        where T : unmanaged;
}

/// <summary>Memory of the device, at the places of the row; none where there is none.</summary>
internal readonly struct GlobalColumns : IColumns
{
    public static ArrayView<T> Of<T>(ArrayView<T> memory, long start, int n)
        where T : unmanaged => memory.Length > 0 ? memory.SubView(start, n) : memory;
}

/// <summary>Memory of the group, which has one row at a time.</summary>
internal readonly struct SharedColumns : IColumns
{
    public static ArrayView<T> Of<T>(ArrayView<T> memory, long start, int n)
        where T : unmanaged => SharedMemory.Allocate<double>(LaunchPlan.SharedBytes / sizeof(double)).Cast<T>().SubView(0, n);
}
