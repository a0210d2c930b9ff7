using System.Globalization;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Modules;

/// <summary>What <see cref="SparseLinear"/> and <see cref="SparseConv2d"/> share: a weight that is sparse wherever it is used.</summary>
/// <remarks>
/// <para>The layer computes with <c>z = topk_magnitude(weight, k, lambda)</c> over all n entries of its weight, k = n less sparsity times n
/// rounded to the nearest, and 1 at least where sparsity is below 1. The gradient reaches weight and bias; entries outside the support get 0.</para>
/// <para>weight and bias are the parameters, with the names of the plain layer: its state dict can be loaded, and the other way round.
/// sparsity and lambda are settings that the training loop may change, for example along a <see cref="Schedule"/>; they are not part
/// of the state dict. train and eval make no difference.</para>
/// <para>Cost: that of the plain layer, O(n) per forward and backward pass, and a copy of the weight in the graph.</para>
/// </remarks>
public abstract class SparseLayer : nn.Module<Tensor, Tensor>
{
    [ComponentName(Name = nameof(weight))]
    private Parameter _weight;

    [ComponentName(Name = nameof(bias))]
    private Parameter? _bias;

    private protected SparseLayer(
        string name, Parameter weight, Parameter? bias, double sparsity, double lambda, double p, TopKSolver solver)
        : base(name)
    {
        this.sparsity = sparsity;
        this.lambda = lambda;
        this.p = TopKSettings.P(p);
        this.solver = TopKSettings.Solver(solver, p);
        _weight = Copy(weight);
        _bias = bias is null ? null : Copy(bias);
        RegisterComponents();
    }

    /// <summary>The raw weight, which is trained. A value that is set replaces it, and the old one is disposed of.</summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    public Parameter weight
    {
        get => _weight;
        set
        {
            ArgumentNullException.ThrowIfNull(value, nameof(weight));
            Replace(ref _weight!, value, nameof(weight));
        }
    }

    /// <summary>The bias, or null. A value that is set replaces it, and the old one is disposed of.</summary>
    public Parameter? bias { get => _bias; set => Replace(ref _bias, value, nameof(bias)); }

    /// <summary>The share of zeros, from 0 to 1. It may be set.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not from 0 to 1.</exception>
    public double sparsity { get; set => field = TopKSettings.Sparsity(value); }

    /// <summary>The strength, above 0. It may be set, for annealing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a finite number above 0.</exception>
    public double lambda { get; set => field = TopKSettings.Lambda(value); }

    /// <summary>The exponent, above 1.</summary>
    public double p { get; }

    /// <summary>How the threshold is found.</summary>
    public TopKSolver solver { get; }

    private long Kept => TopKSettings.Kept(sparsity, _weight.numel());

    /// <summary>The sparse weight z, of the shape of weight, on the graph. The caller disposes of it.</summary>
    public Tensor sparse_weight() => SparseWeights.Soft([_weight], Kept, lambda, p, solver)[0];

    /// <summary>What the plain layer would compute with the sparse weight. What that refuses is torch's own error here too.</summary>
    /// <param name="input">The input x.</param>
    /// <returns>y.</returns>
    /// <exception cref="ArgumentNullException">input is null.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var scope = NewDisposeScope();
        return Apply(input, sparse_weight()).MoveToOuterDisposeScope();
    }

    /// <summary>The name and the settings: <c>SparseLinear(20x10, sparsity=0.9, lambda=0.1, p=2)</c>.</summary>
    public override string ToString()
    {
        var shape = string.Join('x', _weight.shape);
        return string.Create(CultureInfo.InvariantCulture, $"{GetName()}({shape}, sparsity={sparsity}, lambda={lambda}, p={p})");
    }

    private protected abstract Tensor Apply(Tensor input, Tensor sparse);

    /// <summary>Gives a plain layer the k entries of the sparse weight that are largest in magnitude, and the bias.</summary>
    private protected void HardenInto(Parameter plainWeight, Parameter? plainBias)
    {
        using var scope = NewDisposeScope();
        using var constant = no_grad();
        SparseWeights.CheckFinite(GetName(), _weight);
        plainWeight.copy_(SparseWeights.Hard([sparse_weight()], Kept)[0]);
        plainBias?.copy_(_bias!);
    }

    private static Parameter Copy(Parameter source)
    {
        using var constant = no_grad();
        var copy = new Parameter(source.clone(), source.requires_grad);
        copy.DetachFromDisposeScope();
        return copy;
    }

    private void Replace(ref Parameter? place, Parameter? value, string name)
    {
        if (!ReferenceEquals(place, value))
        {
            place?.Dispose();
            place = value;
            value?.DetachFromDisposeScope();
            ConditionallyRegisterParameter(name, value);
        }
    }
}
