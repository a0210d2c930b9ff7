using System.Numerics;
using ILGPU;
using ILGPU.Runtime;

namespace SparseTopK.Kernels.Tests;

/// <summary>Rows in the memory of a device, for the length of a test.</summary>
internal sealed class DeviceRows(Accelerator accelerator) : IDisposable
{
    private readonly List<MemoryBuffer> _buffers = [];

    /// <summary>A copy on the device; an empty view of none.</summary>
    public ArrayView<T> Copy<T>(T[] values)
        where T : unmanaged
    {
        if (values.Length == 0)
        {
            return ArrayView<T>.Empty;
        }

        var buffer = accelerator.Allocate1D(values);
        _buffers.Add(buffer);
        return buffer.View;
    }

    /// <summary>A copy in another type.</summary>
    public ArrayView<T> Copy<T>(double[] values)
        where T : unmanaged, INumberBase<T> => Copy(TestKit.Conformance.Cast<T>(values));

    /// <summary>What a view holds, after all that is queued.</summary>
    public T[] Read<T>(ArrayView<T> view)
        where T : unmanaged
    {
        accelerator.Synchronize();
        var values = new T[view.Length];
        if (values.Length > 0)
        {
            view.CopyToCPU(values);
        }

        return values;
    }

    public void Dispose() => _buffers.ForEach(buffer => buffer.Dispose());
}
