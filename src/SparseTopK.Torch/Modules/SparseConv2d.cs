using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Modules;

/// <summary>A two-dimensional convolution whose weight is sparse: with z, the soft top-k in magnitude of the weight, as its kernel.</summary>
/// <remarks>
/// <para>Shapes: x (N, in, H, W), weight (out, in/groups, kH, kW), bias (out), y (N, out, H', W'); all entries of the weight are one row.</para>
/// <para>It computes what the plain layer would with z as its weight, but for one case: Padding.Same with another padding mode than zeros
/// and an oblong kernel. There TorchSharp 0.107 exchanges the padding of height and width; this layer does not.</para>
/// <inheritdoc cref="SparseLayer" path="/remarks/para"/>
/// </remarks>
public sealed class SparseConv2d : SparseLayer
{
    private readonly long[] _stride;
    private readonly long[] _dilation;
    private readonly long[] _kernel;
    private readonly long[]? _padding;
    private readonly Padding? _paddingType;
    private readonly PaddingModes _paddingMode;
    private readonly long _groups;

    /// <summary>A layer with random parameters, those of <c>nn.Conv2d</c>.</summary>
    /// <param name="in_channels">The channels of an input.</param>
    /// <param name="out_channels">The channels of an output.</param>
    /// <param name="kernel_size">The height and the width of the kernel.</param>
    /// <param name="sparsity">The share of zeros, from 0 to 1.</param>
    /// <param name="lambda">The strength, above 0, in the units of the weight to the power 2 - p.</param>
    /// <param name="p">The exponent, above 1.</param>
    /// <param name="stride">The stride, (1, 1) unless it is given.</param>
    /// <param name="padding">The padding on each side, (0, 0) unless it is given.</param>
    /// <param name="dilation">The distance between entries of the kernel, (1, 1) unless it is given.</param>
    /// <param name="padding_mode">What the padding is filled with.</param>
    /// <param name="groups">How many groups of channels are convolved apart.</param>
    /// <param name="bias">Whether there is a bias.</param>
    /// <param name="device">Where the parameters are.</param>
    /// <param name="dtype">Their type.</param>
    /// <param name="solver">How the threshold is found.</param>
    /// <exception cref="ArgumentException">A setting is out of its range. The exception names the argument.</exception>
    public SparseConv2d(
        long in_channels, long out_channels, (long, long) kernel_size, double sparsity, double lambda, double p = 2,
        (long, long)? stride = null, (long, long)? padding = null, (long, long)? dilation = null,
        PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null,
        ScalarType? dtype = null, TopKSolver solver = TopKSolver.Threshold)
        : this(
            Plain(in_channels, out_channels, kernel_size, stride, padding, dilation, padding_mode, groups, bias, device, dtype),
            true, sparsity, lambda, p, solver)
    {
    }

    /// <summary>A layer with the geometry of a plain one, and copies of its parameters.</summary>
    /// <param name="layer">The plain layer. It stays the caller's.</param>
    /// <param name="sparsity">The share of zeros, from 0 to 1.</param>
    /// <param name="lambda">The strength, above 0, in the units of the weight to the power 2 - p.</param>
    /// <param name="p">The exponent, above 1.</param>
    /// <param name="solver">How the threshold is found.</param>
    /// <exception cref="ArgumentException">layer is null, or a setting is out of its range. The exception names the argument.</exception>
    public SparseConv2d(Conv2d layer, double sparsity, double lambda, double p = 2, TopKSolver solver = TopKSolver.Threshold)
        : this(layer, false, sparsity, lambda, p, solver)
    {
    }

    private SparseConv2d(Conv2d layer, bool owned, double sparsity, double lambda, double p, TopKSolver solver)
        : base(nameof(SparseConv2d), NotNull(layer).weight, layer.bias, sparsity, lambda, p, solver)
    {
        (_stride, _dilation, _kernel, _groups) = ([.. layer.stride], [.. layer.dilation], [.. layer.kernel_size], layer.groups);
        (_padding, _paddingType, _paddingMode) = (layer.padding?.ToArray(), layer.padding_type, layer.padding_mode);
        if (owned)
        {
            layer.Dispose();
        }
    }

    /// <summary>A plain layer with the k entries of the sparse weight that are largest in magnitude: exactly as sparse as the settings say.</summary>
    /// <returns>The layer, with parameters of its own, of the same type and on the same device.</returns>
    /// <exception cref="InvalidOperationException">The weight has NaN or infinite entries.</exception>
    public Conv2d ToConv2d()
    {
        var plain = nn.Conv2d(
            weight.shape[1] * _groups, weight.shape[0], (_kernel[0], _kernel[1]), (_stride[0], _stride[1]), null,
            (_dilation[0], _dilation[1]), _paddingMode, _groups, bias is not null, weight.device, weight.dtype);
        if (_paddingType is { } type)
        {
            plain.SetPadding(type);
        }
        else
        {
            plain.SetPadding([.. _padding!]);
        }

        HardenInto(plain.weight, plain.bias);
        return plain;
    }

    private protected override Tensor Apply(Tensor input, Tensor sparse) =>
        _paddingMode != PaddingModes.Zeros
            ? nn.functional.conv2d(nn.functional.pad(input, Sides(), _paddingMode), sparse, bias, _stride, [0, 0], _dilation, _groups)
            : _paddingType is { } type
                ? nn.functional.conv2d_padding(input, sparse, bias, _stride, type, _dilation, _groups)
                : nn.functional.conv2d(input, sparse, bias, _stride, _padding, _dilation, _groups);

    /// <summary>The padding before and behind each dimension, the last dimension first.</summary>
    private long[] Sides()
    {
        var sides = new long[4];
        for (var i = 0; i < 2; i++)
        {
            var both = _padding is { } padding ? 2 * padding[i] : _paddingType == Padding.Same ? _dilation[i] * (_kernel[i] - 1) : 0;
            sides[2 - (2 * i)] = both / 2;
            sides[3 - (2 * i)] = both - (both / 2);
        }

        return sides;
    }

    private static Conv2d Plain(
        long in_channels, long out_channels, (long, long) kernel_size, (long, long)? stride, (long, long)? padding, (long, long)? dilation,
        PaddingModes padding_mode, long groups, bool bias, Device? device, ScalarType? dtype)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(in_channels);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(out_channels);
        CheckPair(kernel_size, 1, nameof(kernel_size));
        CheckPair(stride ?? (1, 1), 1, nameof(stride));
        CheckPair(padding ?? (0, 0), 0, nameof(padding));
        CheckPair(dilation ?? (1, 1), 1, nameof(dilation));
        LossArguments.Defined(padding_mode, nameof(padding_mode));
        if (groups < 1 || in_channels % groups != 0 || out_channels % groups != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(groups), groups, $"It must divide {in_channels} and {out_channels}, the channels.");
        }

        TopKSettings.Type(dtype);
        return nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding, dilation, padding_mode, groups, bias, device, dtype);
    }

    private static void CheckPair((long Height, long Width) pair, long least, string name)
    {
        if (pair.Height < least || pair.Width < least)
        {
            throw new ArgumentOutOfRangeException(name, pair, $"Both must be {least} or more.");
        }
    }

    private static Conv2d NotNull(Conv2d layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        return layer;
    }
}
