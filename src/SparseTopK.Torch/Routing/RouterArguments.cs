using static TorchSharp.torch;

namespace SparseTopK.Torch.Modules;

/// <summary>The checks of a router's options.</summary>
internal static class RouterArguments
{
    public static void Check(
        long features, long experts, long k, double lambda, double p, RoutingChoice choice, GateScaling scaling, double capacity_factor,
        double noise, ScalarType? dtype)
    {
        TopKSettings.Type(dtype);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(features);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(experts);
        if (k < 1 || k > experts)
        {
            throw new ArgumentOutOfRangeException(nameof(k), k, $"k must be from 1 to {experts}, the number of experts.");
        }

        TopKSettings.Lambda(lambda);
        TopKSettings.P(p);
        LossArguments.Defined(choice, nameof(choice));
        LossArguments.Defined(scaling, nameof(scaling));
        if (!(capacity_factor > 0) || !double.IsFinite(capacity_factor))
        {
            throw new ArgumentOutOfRangeException(nameof(capacity_factor), capacity_factor, "It must be a finite number above 0.");
        }

        if (!(noise >= 0) || !double.IsFinite(noise))
        {
            throw new ArgumentOutOfRangeException(nameof(noise), noise, "The noise must be a finite number, 0 or more.");
        }
    }

    /// <summary>Tokens of the type of the weight, or of a narrower one, which is widened without loss.</summary>
    public static void CheckType(Tensor input, Tensor weight)
    {
        if (input.dtype != weight.dtype && input.ElementSize >= weight.ElementSize)
        {
            throw new ArgumentException(
                $"The tokens are {input.dtype} and the router is {weight.dtype}: it may be wider than the tokens, not narrower.", nameof(input));
        }
    }
}
