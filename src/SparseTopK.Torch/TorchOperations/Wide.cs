using SparseTopK.Torch.Functions;
using TorchSharp;
using static TorchSharp.torch;

namespace SparseTopK.Torch.TorchOperations;

/// <summary>The type in which torch operations compute, and back.</summary>
internal static class Wide
{
    /// <summary>Where set, every device of this thread passes for one without float64.</summary>
    [field: ThreadStatic]
    public static bool HasNoDouble { get; set; }

    /// <summary>float64, or float32 where the device has no float64.</summary>
    public static ScalarType TypeOn(Tensor tensor) =>
        HasNoDouble || tensor.device_type == DeviceType.MPS ? ScalarType.Float32 : ScalarType.Float64;

    /// <summary>Slopes are taken for no more than this: their sums and products stay finite.</summary>
    public static double LargestSlope(ScalarType type) => type == ScalarType.Float64 ? 1e150 : 1e15;

    /// <summary>Widths are taken for no less than this: their inverses are finite.</summary>
    public static double Least(ScalarType type) => type == ScalarType.Float64 ? 1e-300 : 1e-30;

    /// <summary>The lowest finite number.</summary>
    public static double Lowest(ScalarType type) => type == ScalarType.Float64 ? double.MinValue : float.MinValue;

    /// <summary>A relative error of a few units in the last place.</summary>
    public static double Digits(ScalarType type) => type == ScalarType.Float64 ? 1e-15 : 5e-7;

    public static Tensor Widen(this Tensor tensor) => tensor.to(TypeOn(tensor));

    /// <summary>Back to a type, within its range.</summary>
    public static Tensor Narrow(this Tensor tensor, ScalarType type) => tensor.dtype == type ? tensor
        : type == ScalarType.Float32 ? tensor.AtLeast(float.MinValue).AtMost(float.MaxValue).to(type)
        : tensor.to(type);

    /// <summary>Rows marked in a tensor [..., 1] become NaN.</summary>
    public static Tensor InvalidateRows(this Tensor tensor, Tensor rows) => tensor.Fill(rows, double.NaN);

    /// <summary>The sum of each row: [..., 1].</summary>
    public static Tensor RowSum(this Tensor tensor) => tensor.sum(-1, keepdim: true);
}
