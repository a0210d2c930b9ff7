using static TorchSharp.torch;

namespace SparseTopK.Torch.Modules;

/// <summary>The checks of settings, which name the parameter of the caller.</summary>
internal static class TopKSettings
{
    public static long K(long k)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(k);
        return k;
    }

    public static double Lambda(double lambda) =>
        lambda > 0 && double.IsFinite(lambda)
            ? lambda
            : throw new ArgumentOutOfRangeException(nameof(lambda), lambda, "lambda must be a finite number above 0.");

    public static double P(double p, string name = "p") =>
        p > 1 && double.IsFinite(p)
            ? p
            : throw new ArgumentOutOfRangeException(name, p, "p must be a finite number above 1.");

    public static double Sparsity(double sparsity) =>
        sparsity is >= 0 and <= 1
            ? sparsity
            : throw new ArgumentOutOfRangeException(nameof(sparsity), sparsity, "sparsity must be from 0 to 1.");

    public static TopKSolver Solver(TopKSolver solver, double p, string name = "solver")
    {
        LossArguments.Defined(solver, name);
        return solver == TopKSolver.Dykstra && p != 2
            ? throw new ArgumentException("Dykstra's algorithm is for p = 2.", name)
            : solver;
    }

    /// <summary>The type of parameters: one that the operators take, or none for torch's default.</summary>
    public static void Type(ScalarType? dtype)
    {
        if (dtype is not (null or ScalarType.Float32 or ScalarType.Float64 or ScalarType.Float16 or ScalarType.BFloat16))
        {
            throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "Parameters are Float32, Float64, Float16 or BFloat16.");
        }
    }

    /// <summary>How many of n entries a sparsity keeps: n less its share of zeros, which is rounded to the nearest. Rounding never
    /// takes the last entry: below a sparsity of 1 there is one at least.</summary>
    public static long Kept(double sparsity, long n) =>
        Math.Max(n - (long)Math.Round(sparsity * n, MidpointRounding.AwayFromZero), sparsity < 1 ? Math.Min(1, n) : 0);
}
