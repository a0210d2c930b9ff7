using SparseTopK.Torch.Modules;
using static TorchSharp.torch.nn;

namespace SparseTopK.Torch;

/// <summary>Checks that the losses and their modules share. Each names the argument of the caller.</summary>
internal static class LossArguments
{
    public static void Check(double lambda, double p, Reduction reduction)
    {
        TopKSettings.Lambda(lambda);
        TopKSettings.P(p);
        Check(reduction);
    }

    public static void Check(Reduction reduction) => Defined(reduction, nameof(reduction));

    public static void Defined<TEnum>(TEnum value, string name)
        where TEnum : struct, Enum
    {
        if (!Enum.IsDefined(value))
        {
            throw new ArgumentOutOfRangeException(name, value, $"There is no such {typeof(TEnum).Name}.");
        }
    }

    /// <summary>k from 1 to the number of classes.</summary>
    public static void CheckK(long k, long classes = long.MaxValue)
    {
        if (k < 1 || k > classes)
        {
            throw new ArgumentOutOfRangeException(
                nameof(k), k, classes == long.MaxValue ? "k must be 1 or more." : $"k must be from 1 to {classes}, the number of classes.");
        }
    }

    /// <summary>Probabilities of k = 1, 2, ...: not negative, with the sum 1, none beyond the number of classes.</summary>
    public static void CheckDistribution(IReadOnlyList<double> distribution, long classes = long.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(distribution);
        if (distribution.Any(q => !(q >= 0)) || Math.Abs(distribution.Sum() - 1) > 1e-6)
        {
            throw new ArgumentException("The probabilities of k must not be negative and must sum to 1.", nameof(distribution));
        }

        for (var j = 0; j < distribution.Count; j++)
        {
            if (distribution[j] > 0 && j + 1 > classes)
            {
                throw new ArgumentException($"k = {j + 1} has a probability, but there are {classes} classes.", nameof(distribution));
            }
        }
    }

    public static void CheckSmoothing(double label_smoothing)
    {
        if (!(label_smoothing >= 0 && label_smoothing <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(label_smoothing), label_smoothing, "Label smoothing must be from 0 to 1.");
        }
    }
}
