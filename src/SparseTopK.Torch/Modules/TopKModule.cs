using System.Globalization;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Modules;

/// <summary>What <see cref="TopKMask"/> and <see cref="TopKMagnitude"/> share: their settings.</summary>
/// <remarks>
/// <para>The module has no parameters and no buffers. lambda is a setting that the training loop may change between forward passes, not
/// a buffer: so <c>to(type)</c> does not round it, reading it costs no copy from a device, and a state dict that is loaded does not
/// bring back an old strength. The state dict is empty, and goes into and out of any file unchanged.</para>
/// <para><c>train</c> and <c>eval</c> make no difference: the operator is the same in both.</para>
/// </remarks>
public abstract class TopKModule : ParameterLessModule<Tensor, Tensor>
{
    private protected TopKModule(string name, long k, double lambda, double p, long dim, TopKSolver solver)
        : base(name)
    {
        this.k = k;
        this.lambda = lambda;
        this.p = TopKSettings.P(p);
        this.dim = dim;
        this.solver = TopKSettings.Solver(solver, p);
    }

    /// <summary>How many are chosen of each row, 0 or more. It may be set.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public long k { get; set => field = TopKSettings.K(value); }

    /// <summary>The strength, above 0. It may be set, for annealing.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a finite number above 0.</exception>
    public double lambda { get; set => field = TopKSettings.Lambda(value); }

    /// <summary>The exponent, above 1.</summary>
    public double p { get; }

    /// <summary>The dimension of the rows; negative counts from the last.</summary>
    public long dim { get; }

    /// <summary>How the threshold is found.</summary>
    public TopKSolver solver { get; }

    /// <summary>The name and the settings: <c>TopKMask(k=3, lambda=0.1, p=2, dim=-1)</c>, and the solver where it is not the default.</summary>
    public override string ToString()
    {
        var rest = solver == TopKSolver.Threshold ? "" : $", solver={solver}";
        return string.Create(CultureInfo.InvariantCulture, $"{GetName()}(k={k}, lambda={lambda}, p={p}, dim={dim}{rest})");
    }
}
