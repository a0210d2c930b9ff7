using TorchSharp;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>What the core takes besides the tensors, checked before autograd is entered.</summary>
internal sealed record RowArguments(int N, int K, PNorm Norm, TopKSolver Solver)
{
    public static RowArguments Check(Tensor x, long k, double lambda, double p, long dim, TopKSolver solver)
    {
        ArgumentNullException.ThrowIfNull(x);
        CheckTensor(x);
        var dimensions = x.dim();
        if (dimensions == 0)
        {
            throw new ArgumentException("A tensor without a dimension has no rows.", nameof(x));
        }

        if (dim < -dimensions || dim >= dimensions)
        {
            throw new ArgumentOutOfRangeException(nameof(dim), dim, $"dim must be from {-dimensions} to {dimensions - 1}.");
        }

        var n = x.shape[dim < 0 ? dim + dimensions : dim];
        if (k < 0 || k > n)
        {
            throw new ArgumentOutOfRangeException(nameof(k), k, $"k must be from 0 to {n}, the length of dimension {dim}.");
        }

        var arguments = new RowArguments(checked((int)n), (int)k, new PNorm(p, lambda), solver);
        TopKMask.Forward<float>([], arguments.N, arguments.K, arguments.Norm, [], solver); // No rows: the core's own checks.
        return arguments;
    }

    private static void CheckTensor(Tensor x)
    {
        if (x.is_sparse)
        {
            throw new ArgumentException("The tensor is sparse: to_dense() first.", nameof(x));
        }

        if (x.device_type != DeviceType.CPU)
        {
            throw new NotSupportedException($"The device {x.device} is not supported: move x to the CPU.");
        }

        if (x.dtype is not (ScalarType.Float32 or ScalarType.Float64))
        {
            throw new NotSupportedException($"The type {x.dtype} is not supported: take Float32 or Float64.");
        }

        if (x.numel() > int.MaxValue / x.ElementSize)
        {
            throw new ArgumentException($"The tensor holds {x.numel()} entries: 2 GiB or more.", nameof(x));
        }
    }
}
