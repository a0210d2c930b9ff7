using TorchSharp;

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

    public static double P(double p) =>
        p > 1 && double.IsFinite(p)
            ? p
            : throw new ArgumentOutOfRangeException(nameof(p), p, "p must be a finite number above 1.");

    public static double Sparsity(double sparsity) =>
        sparsity is >= 0 and <= 1
            ? sparsity
            : throw new ArgumentOutOfRangeException(nameof(sparsity), sparsity, "sparsity must be from 0 to 1.");

    public static TopKSolver Solver(TopKSolver solver, double p)
    {
        LossArguments.Defined(solver, nameof(solver));
        return solver == TopKSolver.Dykstra && p != 2
            ? throw new ArgumentException("Dykstra's algorithm is for p = 2.", nameof(solver))
            : solver;
    }

    public static PaddingModes PaddingMode(PaddingModes padding_mode)
    {
        LossArguments.Defined(padding_mode, nameof(padding_mode));
        return padding_mode;
    }

    /// <summary>How many of n entries a sparsity keeps: n less its share of zeros, which is rounded to the nearest.</summary>
    public static long Kept(double sparsity, long n) => n - (long)Math.Round(sparsity * n, MidpointRounding.AwayFromZero);
}
