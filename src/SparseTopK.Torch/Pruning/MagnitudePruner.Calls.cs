using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace SparseTopK.Torch;

public partial class MagnitudePruner
{
    private readonly Lock _gate = new();

    /// <summary>The thread that is in a forward pass for which weights are exchanged; 0 for none.</summary>
    private volatile int _caller;

    /// <summary>Before a call of the model.</summary>
    private void BeforeModel()
    {
        lock (_gate)
        {
            if (_uses == 0)
            {
                Enter(_layers);
            }
        }
    }

    private void AfterModel()
    {
        // Any thread may get here, with any exception: it takes no lock unless this is its own pass.
        if (_caller == Environment.CurrentManagedThreadId)
        {
            lock (_gate)
            {
                Leave();
            }
        }
    }

    /// <summary>Before a call of a layer, from outside or from inside a call of the model, which has prepared it then.</summary>
    private void BeforeLayer(PrunedLayer layer)
    {
        lock (_gate)
        {
            layer.Used |= is_grad_enabled();
            var isPrepared = _caller == Environment.CurrentManagedThreadId && layer.IsExchanged && (layer.HasGraph || !is_grad_enabled());
            if (_uses == 0 && !isPrepared)
            {
                Enter([layer]);
                layer.IsAlone = true;
            }
        }
    }

    private void AfterLayer(PrunedLayer layer)
    {
        lock (_gate)
        {
            if (layer.IsAlone)
            {
                Leave();
            }
        }
    }

    /// <summary>Gives layers their sparse weights for a forward pass of this thread.</summary>
    private void Enter(IReadOnlyList<PrunedLayer> layers)
    {
        CheckThread();
        Leave();
        Exchange(layers, registered: false);
        _caller = Environment.CurrentManagedThreadId;
        AppDomain.CurrentDomain.FirstChanceException += RestoreOnError;
    }

    /// <summary>Ends the forward pass and puts the raw weights back, if any are exchanged for one.</summary>
    private void Leave()
    {
        AppDomain.CurrentDomain.FirstChanceException -= RestoreOnError;
        _caller = 0;
        if (_uses == 0)
        {
            Array.ForEach(_layers, layer => layer.Restore());
        }
    }

    /// <summary>TorchSharp runs no hook after a forward pass that throws. So the weights go back when the exception appears.</summary>
    /// <remarks>A model that catches it and goes on is prepared again, layer by layer, by the hooks of the layers.</remarks>
    private void RestoreOnError(object? sender, FirstChanceExceptionEventArgs error) => AfterModel();

    private void Exchange(IReadOnlyList<PrunedLayer> layers, bool registered)
    {
        NativeHeap.Computing(layers.Select(layer => layer.Raw));
        using var scope = NewDisposeScope();

        // All are computed before the first is exchanged: an error leaves the model as it was.
        var weights = SparseWeightsOf(layers);
        for (var i = 0; i < weights.Length; i++)
        {
            layers[i].Exchange(weights[i], registered);
        }
    }

    /// <summary>Computes the weights anew where they are in use.</summary>
    private void Refresh()
    {
        if (_uses > 0)
        {
            Exchange(_layers, registered: true);
        }
        else
        {
            Leave();
        }
    }

    private void CheckUsable()
    {
        ObjectDisposedException.ThrowIf(_ended, this);
        CheckThread();
    }

    private void CheckThread()
    {
        if (_caller != 0 && _caller != Environment.CurrentManagedThreadId)
        {
            throw new InvalidOperationException(
                "Another thread is in a forward pass of this model, whose layers hold sparse weights for that pass alone. Several threads may "
                + $"evaluate inside one {nameof(UseSparseWeights)}.");
        }
    }

    private sealed class Use(MagnitudePruner pruner) : IDisposable
    {
        private MagnitudePruner? _pruner = pruner;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _pruner, null) is { } pruner)
            {
                lock (pruner._gate)
                {
                    pruner._uses--;
                    pruner.Leave();
                }
            }
        }
    }
}
