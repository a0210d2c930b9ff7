using TorchSharp;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>The checks that the functions share. Each error names the argument.</summary>
internal static class Arguments
{
    /// <summary>Checks x and dim; returns the length of a row.</summary>
    public static int CheckRows(Tensor x, long dim)
    {
        ArgumentNullException.ThrowIfNull(x);
        CheckValues(x, nameof(x));
        if (x.dtype is not (ScalarType.Float32 or ScalarType.Float64 or ScalarType.Float16 or ScalarType.BFloat16))
        {
            throw new NotSupportedException($"The type {x.dtype} is not supported: take Float32, Float64, Float16 or BFloat16.");
        }

        var dimensions = x.dim();
        if (dimensions == 0)
        {
            throw new ArgumentException("A tensor without a dimension has no rows.", nameof(x));
        }

        if (dim < -dimensions || dim >= dimensions)
        {
            throw new ArgumentOutOfRangeException(nameof(dim), dim, $"dim must be from {-dimensions} to {dimensions - 1}.");
        }

        if (x.device_type == DeviceType.CPU && x.numel() > int.MaxValue / Math.Max(4, x.ElementSize))
        {
            throw new ArgumentException($"The tensor holds {x.numel()} entries: 2 GiB or more.", nameof(x));
        }

        return Length(x, dim) is var n && n <= int.MaxValue
            ? (int)n
            : throw new ArgumentException($"A row has {n} entries: 2^31 or more.", nameof(x));
    }

    /// <summary>A tensor that has values in memory, one after the other or with gaps.</summary>
    public static void CheckValues(Tensor tensor, string name)
    {
        CheckDense(tensor, name);
        if (tensor.device_type == DeviceType.META)
        {
            throw new NotSupportedException($"A tensor on the device {tensor.device} has no values.");
        }
    }

    /// <summary>A dense tensor on the device of another.</summary>
    public static void CheckBeside(Tensor tensor, Tensor other, string name)
    {
        CheckDense(tensor, name);
        if (tensor.device_type != other.device_type || tensor.device_index != other.device_index)
        {
            throw new ArgumentException($"The tensor is on {tensor.device}, and the first on {other.device}.", name);
        }
    }

    private static void CheckDense(Tensor tensor, string name)
    {
        if (tensor.is_sparse)
        {
            throw new ArgumentException("The tensor is sparse: to_dense() first.", name);
        }
    }

    /// <summary>The length of a dimension that has been checked.</summary>
    public static long Length(Tensor x, long dim) => x.size((int)dim);

    public static void CheckK(long k, int n, long dim)
    {
        if (k < 0 || k > n)
        {
            throw new ArgumentOutOfRangeException(nameof(k), k, $"k must be from 0 to {n}, the length of dimension {dim}.");
        }
    }

    /// <summary>k per row, as a tensor of its own of the shape of x without dim.</summary>
    public static Tensor CheckK(Tensor k, Tensor x, long dim, int n)
    {
        ArgumentNullException.ThrowIfNull(k);
        if (k.dtype is not (ScalarType.Int64 or ScalarType.Int32 or ScalarType.Int16 or ScalarType.Int8 or ScalarType.Byte))
        {
            throw new ArgumentException($"k holds {k.dtype}: integers are needed.", nameof(k));
        }

        CheckBeside(k, k.device_type == DeviceType.CPU ? k : x, nameof(k));

        var rows = x.shape.ToList();
        rows.RemoveAt((int)(dim < 0 ? dim + rows.Count : dim));
        if (!Broadcasts(k.shape, rows))
        {
            throw new ArgumentException(
                $"k has the shape [{string.Join(", ", k.shape)}], and x without dimension {dim} [{string.Join(", ", rows)}].", nameof(k));
        }

        using var scope = NewDisposeScope();
        if (k.device_type == DeviceType.CPU)
        {
            CheckRange(k, n, dim);
        }

        // What is out of range on a device is not read here, and stays out of range.
        return k.to(ScalarType.Int64).Within(-1, n + 1L).expand([.. rows]).MoveToOuterDisposeScope();
    }

    private static void CheckRange(Tensor k, int n, long dim)
    {
        if (k.numel() > 0)
        {
            CheckK(k.min().to(ScalarType.Int64).item<long>(), n, dim);
            CheckK(k.max().to(ScalarType.Int64).item<long>(), n, dim);
        }
    }

    private static bool Broadcasts(long[] shape, List<long> target)
    {
        var shift = target.Count - shape.Length;
        return shift >= 0 && !shape.Where((size, i) => size != 1 && size != target[i + shift]).Any();
    }
}
