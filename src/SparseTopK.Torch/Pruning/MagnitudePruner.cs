using SparseTopK.Torch.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch;

/// <summary>Prunes the linear and convolutional layers of a model while it trains, by soft top-k in magnitude of their weights.</summary>
/// <remarks>
/// <para>In each forward pass a layer computes with <c>z = topk_magnitude(weight, k, lambda)</c>, k = n less sparsity times n, and the
/// gradient reaches its weight through the operator. The model itself stays as it is: its modules, its parameter objects, the keys of
/// its state dict. An optimizer, made before the pruner or after, trains the raw weights, and keeps its state.</para>
/// <para>The weights are exchanged by hooks, which TorchSharp runs for <c>call</c> and not for <c>forward</c>. A layer that is called has
/// its sparse weight, wherever the call comes from; a call of the model prepares all layers at once. <c>model.forward(x)</c> is right
/// where the model calls its layers, as <c>Sequential</c> does. A layer that is used by <c>forward</c>, or whose weight is read by the
/// model, has no hook: its raw weight would be used, in evaluation without a word. Inside <see cref="UseSparseWeights"/> such a layer
/// is right as well. Outside, <see cref="Step"/> throws for it from the second step on: change <c>forward</c> to <c>call</c>.</para>
/// <para>A loop: <c>zero_grad</c>, <c>model.call</c>, <c>backward</c>, <c>optimizer.step</c>, <see cref="Step"/>; at the end
/// <see cref="MakePermanent"/>. train and eval make no difference; without gradients no graph is built.</para>
/// <para>Weights outside the support have the gradient 0: they come back while others shrink below them, or as the operator is soft.</para>
/// <para>During a forward pass <c>layer.weight</c> is z, and neither <c>to</c> nor the setter of <c>weight</c> may be called. An exception
/// in the pass puts the raw weights back as soon as it is thrown. A module that calls itself is not supported.</para>
/// <para>Threads: one at a time. A call while another thread is in a forward pass is refused with an InvalidOperationException; several
/// threads may evaluate inside one <see cref="UseSparseWeights"/>.</para>
/// <para>Cost: O(n) per forward and backward pass, n being the weights (of the layer, where it is called alone; with
/// <see cref="PruningScope.Global"/> always of the model), and a copy of the weights in the graph.</para>
/// <para>The pruner reaches fields of TorchSharp's layers and tensors that are not public. It is made for TorchSharp 0.107.</para>
/// <para>Source: Sander et al., ICML 2023, arXiv:2302.01425, section 5; the schedule, Zhu and Gupta 2017, arXiv:1710.01878.</para>
/// </remarks>
public sealed partial class MagnitudePruner : IDisposable
{
    private readonly PrunedLayer[] _layers;
    private readonly ModuleHooks _hooks = new();
    private int _uses;
    private bool _stepped;
    private bool _ended;

    /// <summary>Attaches to a model, which computes with sparse weights from here on.</summary>
    /// <param name="model">The model. It stays the caller's.</param>
    /// <param name="options">What to prune, how far, and how softly.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">The model has no layer to prune, or one that another pruner has, or one whose weight another module
    /// has too, such as a tied embedding (the exception names both); or the options name a layer that is not pruned, name layers for global
    /// pruning, or ask for Dykstra's algorithm with p other than 2. The exception names the argument.</exception>
    public MagnitudePruner(nn.Module model, PruningOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(options);
        Options = options;
        _layers = [.. PrunedLayer.Find(model, options.Filter)];
        Check(model, options);
        PrunedLayer.Claim(_layers, nameof(model));
        if (!Array.Exists(_layers, layer => layer.Module == model))
        {
            _hooks.Around(model, BeforeModel, AfterModel);
        }

        foreach (var layer in _layers)
        {
            _hooks.Around(layer.Module, () => BeforeLayer(layer), () => AfterLayer(layer));
        }
    }

    /// <summary>The options that the pruner was made with.</summary>
    public PruningOptions Options { get; }

    /// <summary>How many training steps are done: <see cref="Step"/> counts them. Setting it jumps in the schedules.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    /// <exception cref="ObjectDisposedException">The pruner is at its end.</exception>
    public long StepCount
    {
        get;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            lock (_gate)
            {
                CheckUsable();
                field = value;
                _stepped = false;
                Refresh();
            }
        }
    }

    /// <summary>The sparsity of this step: <see cref="PruningOptions.Sparsity"/> at <see cref="StepCount"/>.</summary>
    public double Sparsity => Options.Sparsity.At(StepCount);

    /// <summary>The strength of this step: <see cref="PruningOptions.Lambda"/> at <see cref="StepCount"/>.</summary>
    public double Lambda => Options.Lambda.At(StepCount);

    /// <summary>The names of the layers that are pruned, in the order of the model. A model that is a layer itself has the name of its type,
    /// such as Linear.</summary>
    public IReadOnlyList<string> Layers => [.. _layers.Select(layer => layer.Name)];

    /// <summary>Ends a training step: the schedules move on. Call it after the optimizer's step.</summary>
    /// <remarks>Inside <see cref="UseSparseWeights"/> the weights are computed anew.</remarks>
    /// <exception cref="InvalidOperationException">A layer has a gradient other than 0, but has not been called since the step before
    /// (passes without gradients do not count): the model uses it by forward, or its gradient was never cleared. Or another thread is in
    /// a forward pass. Nothing has changed.</exception>
    /// <exception cref="ObjectDisposedException">The pruner is at its end.</exception>
    public void Step()
    {
        lock (_gate)
        {
            CheckUsable();
            if (_stepped && _layers.FirstOrDefault(layer => !layer.Used && layer.HasGradient()) is { } passed)
            {
                throw new InvalidOperationException(
                    $"The layer '{passed.Name}' has a gradient, but has not been called since the last step. The model must use call rather than "
                    + $"forward for it, in evaluation too, or run inside {nameof(UseSparseWeights)}; and gradients must be cleared in each step.");
            }

            StepCount++;
            _stepped = true;
            Array.ForEach(_layers, layer => layer.Used = _uses > 0 && layer.HasGraph);
        }
    }

    /// <summary>Gives all layers their sparse weights until the result is disposed of: however the layers are used, and for what reads them.</summary>
    /// <remarks>
    /// <para>Inside, <c>layer.weight</c>, <c>parameters()</c>, <c>state_dict()</c> and <c>save</c> have the sparse weight in the place of the raw one, under
    /// the same name. What is written to it is lost when the raw weight comes back: load, initialize and move the model outside.</para>
    /// <para>The weights are computed once, which suits evaluation: put it inside <c>no_grad</c>, and no graph is built. With gradients,
    /// several forward and backward passes may share one use; after a change of the weights it takes <see cref="Step"/> to see them.</para>
    /// <para>Gradients reach the raw parameters. Optimizers ask the model for its parameters whenever they work, so call their <c>zero_grad</c>
    /// and <c>step</c>, and clip gradients, outside: inside they would find the sparse weights.</para>
    /// <para>Several threads may evaluate inside one use.</para>
    /// </remarks>
    /// <returns>Puts the weights back when it is disposed of. Uses may be nested.</returns>
    /// <exception cref="InvalidOperationException">Another thread is in a forward pass.</exception>
    /// <exception cref="ObjectDisposedException">The pruner is at its end.</exception>
    public IDisposable UseSparseWeights()
    {
        lock (_gate)
        {
            CheckUsable();
            if (_uses == 0)
            {
                Leave();
                Exchange(_layers, registered: true);
            }

            Array.ForEach(_layers, layer => layer.Used |= is_grad_enabled());
            _uses++;
            return new Use(this);
        }
    }

    /// <summary>How sparse the weights of this step are, as the layers compute with them.</summary>
    /// <remarks>The support is that of the soft operator: it can be larger than the sparsity says, the more so the larger lambda is.</remarks>
    /// <exception cref="InvalidOperationException">Another thread is in a forward pass.</exception>
    /// <exception cref="ObjectDisposedException">The pruner is at its end.</exception>
    public SparsityReport Report()
    {
        lock (_gate)
        {
            CheckUsable();
            using var constant = no_grad();
            if (_uses == 0)
            {
                Leave();
                Exchange(_layers, registered: false);
            }

            var report = new SparsityReport([.. _layers.Select(layer => layer.Report())]);
            Leave();
            return report;
        }
    }

    /// <summary>Detaches from the model, which computes with its raw weights again. More than one call does nothing.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (!_ended)
            {
                _ended = true;
                _hooks.Remove();
                Leave();
                PrunedLayer.Release(_layers);
            }
        }
    }

    private void Check(nn.Module model, PruningOptions options)
    {
        if (_layers.Length == 0)
        {
            throw new ArgumentException("The model has no linear or convolutional layer that passes the filter.", nameof(model));
        }

        SharedWeights.Refuse(model, _layers, nameof(model));
        TopKSettings.Solver(options.Solver, options.P, nameof(options));
        if (options.LayerSparsity is { } own)
        {
            if (options.Scope == PruningScope.Global)
            {
                throw new ArgumentException("Global pruning has one sparsity: LayerSparsity must be null.", nameof(options));
            }

            if (own.Keys.Except(Layers).FirstOrDefault() is { } missing)
            {
                throw new ArgumentException($"LayerSparsity names '{missing}', which is not a layer that is pruned.", nameof(options));
            }
        }
    }
}
