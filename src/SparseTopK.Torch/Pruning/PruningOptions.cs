using SparseTopK.Torch.Modules;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch;

/// <summary>What a <see cref="MagnitudePruner"/> prunes, how far, and how softly.</summary>
/// <remarks>The options are immutable, and may be shared by several pruners.</remarks>
/// <example><code>
/// var options = new PruningOptions
/// {
///     Sparsity = Schedule.Cubic(from: 0, to: 0.9, steps: 2000, begin: 200),
///     Lambda = Schedule.Exponential(from: 1, to: 1e-3, steps: 2000, begin: 200),
/// };
/// </code></example>
public sealed record PruningOptions
{
    /// <summary>The share of zeros, from 0 to 1, by the training step. Of n weights, sparsity times n rounded to the nearest are pruned.</summary>
    /// <remarks>Rounding never takes the last weight of a layer: below a sparsity of 1 one at least is left. Where all layers are one row
    /// (<see cref="PruningScope.Global"/>), a layer may lose all its weights to others.</remarks>
    /// <exception cref="ArgumentException">The schedule is null, or leaves the range.</exception>
    public required Schedule Sparsity { get; init => field = CheckSparsity(value, nameof(Sparsity)); }

    /// <summary>The strength by the training step, above 0: a pure number at p = 2, in the units of the weights to the power 2 - p.</summary>
    /// <remarks>Where it is large the weights around the threshold are shrunk and shared, so that gradients reach more of them than are
    /// kept in the end; as it falls the operator turns into hard top-k.</remarks>
    /// <exception cref="ArgumentException">The schedule is null, or not above 0.</exception>
    public required Schedule Lambda
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value, nameof(Lambda));
            field = value is { From: > 0, To: > 0 }
                ? value
                : throw new ArgumentOutOfRangeException(nameof(Lambda), value, "The strength must stay above 0.");
        }
    }

    /// <summary>The exponent of the regularizer, above 1: 2 unless it is set.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not a finite number above 1.</exception>
    public double P { get; init => field = TopKSettings.P(value, nameof(P)); } = 2;

    /// <summary>Which weights compete with one another: those of one layer unless it is set.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such value.</exception>
    public PruningScope Scope
    {
        get;
        init => field = Enum.IsDefined(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Scope), value, "There is no such scope.");
    }

    /// <summary>How the threshold is found. <see cref="TopKSolver.Dykstra"/> is for p = 2.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such solver.</exception>
    public TopKSolver Solver { get; init => field = TopKSettings.Solver(value, 2, nameof(Solver)); }

    /// <summary>Which layers are pruned, by name and module. Null stands for every <see cref="Linear"/> and every <see cref="Convolution"/>.</summary>
    /// <remarks>It is asked about those alone. Common uses: to leave the last layer dense, or the layers that share a
    /// weight with another module. A model that is a layer itself has the name of its type, such as Linear.</remarks>
    public Func<string, nn.Module, bool>? Filter { get; init; }

    /// <summary>Sparsities of layers that differ from <see cref="Sparsity"/>, by the name of the layer as <see cref="Filter"/> sees it.
    /// Per layer pruning alone.</summary>
    /// <exception cref="ArgumentException">A schedule is null, or leaves the range from 0 to 1.</exception>
    public IReadOnlyDictionary<string, Schedule>? LayerSparsity
    {
        get;
        init => field = value?.ToDictionary(pair => pair.Key, pair => CheckSparsity(pair.Value, nameof(LayerSparsity)));
    }

    private static Schedule CheckSparsity(Schedule schedule, string name)
    {
        ArgumentNullException.ThrowIfNull(schedule, name);
        return schedule is { From: >= 0 and <= 1, To: >= 0 and <= 1 }
            ? schedule
            : throw new ArgumentOutOfRangeException(name, schedule, "The sparsity must stay from 0 to 1.");
    }
}
