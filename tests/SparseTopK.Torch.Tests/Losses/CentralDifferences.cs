using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>Gradients against central differences, in float64.</summary>
internal static class CentralDifferences
{
    private const double Step = 1e-6;

    /// <summary>The gradient of a scalar function with respect to each leaf, entry by entry.</summary>
    /// <remarks>The leaves are written and put back: they must require a gradient, be contiguous, and be away from kinks.</remarks>
    public static void Check(Func<Tensor> function, params Tensor[] leaves)
    {
        using var scope = NewDisposeScope();
        foreach (var leaf in leaves)
        {
            leaf.grad?.zero_();
        }

        function().backward();
        var gradients = leaves.Select(leaf => leaf.grad is null ? new double[leaf.numel()] : Operators.Entries<double>(leaf.grad)).ToArray();
        Assert.Contains(gradients, g => g.Any(v => Math.Abs(v) > 1e-3)); // Zeros against zeros would show nothing.
        using var constant = no_grad();
        for (var l = 0; l < leaves.Length; l++)
        {
            for (var i = 0; i < gradients[l].Length; i++)
            {
                var difference = (At(function, leaves[l], i, Step) - At(function, leaves[l], i, -Step)) / (2 * Step);
                Assert.Equal(difference, gradients[l][i], 2e-7);
            }
        }
    }

    private static double At(Func<Tensor> function, Tensor leaf, int i, double shift)
    {
        using var scope = NewDisposeScope();
        using var entries = leaf.detach().reshape(-1);
        var before = entries[i].item<double>();
        entries[i] = before + shift;
        var value = function().item<double>();
        entries[i] = before;
        return value;
    }
}
