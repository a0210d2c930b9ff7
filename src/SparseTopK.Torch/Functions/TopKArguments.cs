using SparseTopK.Torch.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Functions;

/// <summary>What the top-k operators take besides x.</summary>
/// <param name="N">The entries of a row.</param>
/// <param name="K">How many to choose of every row; where k differs per row, it is a tensor of its own and this is 0.</param>
/// <param name="Norm">The regularizer.</param>
/// <param name="Solver">How the core finds the threshold.</param>
internal sealed record TopKArguments(int N, int K, PNorm Norm, TopKSolver Solver)
{
    /// <summary>Checks all but k.</summary>
    public static TopKArguments Check(Tensor x, double lambda, double p, long dim, TopKSolver solver)
    {
        var n = Arguments.CheckRows(x, dim);
        var arguments = new TopKArguments(n, 0, new PNorm(TopKSettings.P(p), TopKSettings.Lambda(lambda)), solver);
        TopKMask.Forward<float>([], n, 0, arguments.Norm, [], solver); // No rows: the core's own checks.
        return arguments;
    }

    /// <summary>The same, with k.</summary>
    public static TopKArguments Check(Tensor x, long k, double lambda, double p, long dim, TopKSolver solver)
    {
        var arguments = Check(x, lambda, p, dim, solver);
        Arguments.CheckK(k, arguments.N, dim);
        return arguments with { K = (int)k };
    }
}
