using TorchSharp.Modules;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Pruning;

/// <summary>Exceptions in a forward pass, and several threads.</summary>
public class InterruptionTests
{
    public static TheoryData<PruningScope> Scopes => [PruningScope.PerLayer, PruningScope.Global];

    [TorchTheory]
    [MemberData(nameof(Scopes))]
    public void After_an_exception_the_layers_have_their_raw_weights_at_once(PruningScope scope)
    {
        using var all = NewDisposeScope();
        var model = Models.Mlp();
        var raw = Layers(model).Select(layer => layer.weight).ToArray();
        var (x, wrong) = (Models.Data().X, ones(3, 7));
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.5, 0.1, scope));
        var expected = Operators.Entries<float>(model.call(x));
        foreach (var call in new Action[] { () => model.call(wrong), () => Layers(model)[1].call(wrong), () => model.forward(wrong) })
        {
            Assert.ThrowsAny<Exception>(call);
            Assert.Equal(raw, Layers(model).Select(layer => layer.weight));
            Assert.Equal(expected, Operators.Entries<float>(model.call(x)));
            using var constant = no_grad();
            Assert.ThrowsAny<Exception>(call);
            Assert.Equal(raw, Layers(model).Select(layer => layer.weight));
        }

        Assert.All(raw.Zip(Layers(model)), pair => Assert.Same(pair.First, pair.Second.weight));
        pruner.Step();
    }

    [TorchTheory]
    [MemberData(nameof(Scopes))]
    public void A_model_that_catches_an_exception_goes_on_with_sparse_weights(PruningScope scope)
    {
        using var all = NewDisposeScope();
        var (plain, careful) = (Models.Mlp(), new Careful(Models.Mlp()));
        var raw = Layers(careful.Inner).Select(layer => layer.weight).ToArray();
        using var first = new MagnitudePruner(plain, Models.Fixed(0.5, 0.1, scope));
        using var second = new MagnitudePruner(careful, Models.Fixed(0.5, 0.1, scope));
        var (x, _) = Models.Data();
        Assert.Equal(Operators.Entries<float>(plain.call(x)), Operators.Entries<float>(careful.call(x)));
        Assert.Equal(raw, Layers(careful.Inner).Select(layer => layer.weight));
    }

    [TorchFact]
    public void A_second_thread_is_refused_while_one_is_in_a_forward_pass()
    {
        using var all = NewDisposeScope();
        var model = new Waiting();
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.5, 0.1));
        var x = ones(2, 4);
        var expected = Operators.Entries<float>(model.call(x));
        var thread = new Thread(() =>
        {
            using var scope = NewDisposeScope();
            model.Hold = true;
            model.call(x);
        });
        thread.Start();
        model.Entered.Wait();
        var errors = new Action[] { () => model.call(x), () => model.Layer.call(x), pruner.Step, () => pruner.UseSparseWeights(), () => pruner.MakePermanent() }
            .Select(call => Record.Exception(call)).ToArray();
        model.Release.Set();
        thread.Join();
        Assert.All(errors, error => Assert.Contains("thread", Assert.IsType<InvalidOperationException>(error).Message, StringComparison.Ordinal));
        Assert.Equal(expected, Operators.Entries<float>(model.call(x)));
    }

    [TorchTheory]
    [MemberData(nameof(Scopes))]
    public void Four_threads_without_gradients_get_the_right_result_or_a_refusal(PruningScope scope)
    {
        using var all = NewDisposeScope();
        var model = Models.Mlp();
        var raw = Layers(model).Select(layer => layer.weight).ToArray();
        var (x, _) = Models.Data();
        using var pruner = new MagnitudePruner(model, Models.Fixed(0.5, 0.1, scope));
        var expected = Operators.Entries<float>(model.call(x));
        var (right, refused) = (0, 0);
        Race(() =>
        {
            if (Record.Exception(() => Assert.Equal(expected, Operators.Entries<float>(model.call(x)))) is { } error)
            {
                Assert.IsType<InvalidOperationException>(error);
                Interlocked.Increment(ref refused);
            }
            else
            {
                Interlocked.Increment(ref right);
            }
        });
        Assert.Equal(1200, right + refused);
        Assert.InRange(right, 1, 1200);
        Assert.Equal(raw, Layers(model).Select(layer => layer.weight));
        Race(() =>
        {
            using var use = pruner.UseSparseWeights();
            Assert.Equal(expected, Operators.Entries<float>(model.call(x)));
        });
        Assert.Equal(raw, Layers(model).Select(layer => layer.weight));
    }

    private static void Race(Action pass)
    {
        var failures = new List<Exception>();
        var threads = Enumerable.Range(0, 4).Select(_ => new Thread(() =>
        {
            using var constant = no_grad();
            for (var i = 0; i < 300; i++)
            {
                using var scope = NewDisposeScope();
                if (Record.Exception(pass) is { } error)
                {
                    lock (failures)
                    {
                        failures.Add(error);
                    }
                }
            }
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Empty(failures);
    }

    private static Linear[] Layers(Sequential model) => [.. model.children().OfType<Linear>()];

    /// <summary>A model in which something fails that it can do without.</summary>
    private sealed class Careful : nn.Module<Tensor, Tensor>
    {
        public Careful(Sequential inner)
            : base(nameof(Careful))
        {
            Inner = inner;
            register_module("inner", inner);
        }

        public Sequential Inner { get; }

        public override Tensor forward(Tensor input)
        {
            try
            {
                throw new NotSupportedException();
            }
            catch (NotSupportedException)
            {
                return Inner.call(input);
            }
        }
    }

    private sealed class Waiting : nn.Module<Tensor, Tensor>
    {
        public Waiting()
            : base(nameof(Waiting)) => register_module("layer", Layer);

        public Linear Layer { get; } = nn.Linear(4, 3);

        public bool Hold { get; set; }

        public ManualResetEventSlim Entered { get; } = new();

        public ManualResetEventSlim Release { get; } = new();

        public override Tensor forward(Tensor input)
        {
            if (Hold)
            {
                Entered.Set();
                Release.Wait();
            }

            return Layer.call(input);
        }
    }
}
