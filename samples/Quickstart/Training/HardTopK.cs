using System.Numerics.Tensors;

namespace SparseTopK.Quickstart.Training;

/// <summary>Hard top-k in magnitude: the k largest entries as they are, 0 for the rest. Among equals the first are kept.</summary>
internal sealed class HardTopK(int count, int kept)
{
    private readonly float[] _magnitudes = new float[count];

    public void Apply(ReadOnlySpan<float> weights, Span<float> destination)
    {
        TensorPrimitives.Abs(weights, _magnitudes);
        var threshold = Smallest(_magnitudes, count - kept);
        var ties = kept - CountLarger(weights, threshold);
        for (var i = 0; i < weights.Length; i++)
        {
            var magnitude = Math.Abs(weights[i]);
            destination[i] = magnitude > threshold || (magnitude == threshold && ties-- > 0) ? weights[i] : 0;
        }
    }

    private static int CountLarger(ReadOnlySpan<float> weights, float threshold)
    {
        var larger = 0;
        foreach (var weight in weights)
        {
            larger += Math.Abs(weight) > threshold ? 1 : 0;
        }

        return larger;
    }

    /// <summary>Hoare's quickselect: the value that sorting would put at <paramref name="rank"/>.</summary>
    private static float Smallest(Span<float> values, int rank)
    {
        var (low, high) = (0, values.Length - 1);
        while (low < high)
        {
            var pivot = values[(low + high) / 2];
            var (left, right) = (low, high);
            while (left <= right)
            {
                while (values[left] < pivot)
                {
                    left++;
                }

                while (values[right] > pivot)
                {
                    right--;
                }

                if (left <= right)
                {
                    (values[left], values[right]) = (values[right], values[left]);
                    left++;
                    right--;
                }
            }

            if (rank > right && rank < left)
            {
                break;
            }

            (low, high) = rank <= right ? (low, right) : (left, high);
        }

        return values[rank];
    }
}
