using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.TorchOperations;

/// <summary>The blocks of sorted rows: for each place (int64) the first place of its block; -1 throughout a row without a solution.</summary>
internal static class Blocks
{
    /// <summary>That form, from it or from the core's (int32): ends that increase up to n, 0 first in a row without a solution.</summary>
    public static Tensor Starts(Tensor blocks)
    {
        if (blocks.dtype == ScalarType.Int64 || blocks.numel() == 0)
        {
            return blocks.to(ScalarType.Int64);
        }

        var n = blocks.size(-1);
        var ends = blocks.to(ScalarType.Int64);
        var marks = zeros([.. blocks.shape[..^1], n + 1], ScalarType.Int64, blocks.device).scatter(-1, ends, ends).narrow(-1, 0, n);
        return marks.cummax(-1).values.Fill(Invalid(ends), -1L);
    }

    /// <summary>Rows without a solution, [..., 1], of either form.</summary>
    private static Tensor Invalid(Tensor ends) => ends.narrow(-1, 0, 1).IsAt(0);

    public static Tensor InvalidRows(Tensor starts) => (starts.numel() == 0 ? starts : starts.narrow(-1, 0, 1)).IsAt(-1);

    /// <summary>The sum over each entry's block.</summary>
    /// <param name="values">Sorted rows.</param>
    /// <param name="starts">Of the rows; no -1.</param>
    public static Tensor Sum(Tensor values, Tensor starts) => zeros_like(values).scatter_add(-1, starts, values).gather(-1, starts);

    /// <summary>The mean over each entry's block, finite where the entries are.</summary>
    public static Tensor Mean(Tensor values, Tensor starts) => Sum(values / Sum(ones_like(values), starts), starts);

    /// <summary>The value of the first entry of each entry's block.</summary>
    public static Tensor First(Tensor values, Tensor starts) => values.gather(-1, starts);

    /// <summary>Starts of runs of equal neighbours.</summary>
    public static Tensor Runs(Tensor sorted)
    {
        var n = sorted.size(-1);
        if (n < 2)
        {
            return zeros_like(sorted, ScalarType.Int64);
        }

        var places = sorted.Places(n).narrow(0, 1, n - 1);
        var marks = places * (sorted.narrow(-1, 1, n - 1) != sorted.narrow(-1, 0, n - 1)).to(ScalarType.Int64);
        return cat([zeros_like(marks.narrow(-1, 0, 1)), marks], -1).cummax(-1).values;
    }
}
