using SparseTopK.Torch.Modules;
using TorchSharp;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>What a router keeps in its state dict: its strength, and how far its noise has come.</summary>
public sealed class RouterStateTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [TorchFact]
    public void Training_that_is_saved_and_loaded_goes_on_bit_for_bit()
    {
        using var scope = NewDisposeScope();
        var x = Operators.Normal(1, ScalarType.Float32, 64, 8);
        var (straight, resumed) = (Mixture(1), Mixture(2));
        Train(straight, x, 5);
        straight.save(_file);
        var expected = Train(straight, x, 5);
        resumed.load(_file);
        Assert.Equal(expected, Train(resumed, x, 5));
        Assert.NotEqual(expected[0], expected[1]);
        Assert.Equal(Operators.Entries<float>(straight.parameters().First()), Operators.Entries<float>(resumed.parameters().First()));
    }

    [TorchFact]
    public void The_strength_is_saved_and_no_conversion_rounds_it()
    {
        using var scope = NewDisposeScope();
        var (from, to) = (new TopKRouter(4, 3, 1, 1), new TopKRouter(4, 3, 1, 7));
        from.lambda = 0.1234567890123456789;
        Assert.Equal(["gate.weight", "lambda"], from.state_dict().Keys);
        Assert.Equal(0.1234567890123456789, from.state_dict()["lambda"].item<double>());
        from.to(ScalarType.BFloat16);
        from.to(ScalarType.Float64);
        Assert.Equal(0.1234567890123456789, from.lambda);
        Assert.Equal(ScalarType.Float64, from.parameters().Single().dtype);
        to.load_state_dict(from.state_dict());
        Assert.Equal(from.lambda, to.lambda);
        Assert.Equal((ScalarType.Float64, DeviceType.CPU), (to.state_dict()["lambda"].dtype, to.state_dict()["lambda"].device_type));
        var y = Operators.Entries<float>(to.forward(Operators.Normal(2, ScalarType.Float32, 9, 4)).Gates);
        to.lambda = 1e-9;
        Assert.NotEqual(y, Operators.Entries<float>(to.forward(Operators.Normal(2, ScalarType.Float32, 9, 4)).Gates));
    }

    [TorchFact]
    public void Noise_counts_its_calls_and_evaluation_counts_none()
    {
        using var scope = NewDisposeScope();
        var (router, x) = (new TopKRouter(4, 3, 1, 1, noise: 1, seed: 5), rand(6, 4));
        Assert.Equal(["gate.weight", "lambda", "noise_calls"], router.state_dict().Keys);
        var first = Operators.Entries<float>(router.forward(x).Gates);
        router.forward(x);
        router.eval();
        router.forward(x);
        router.train();
        Assert.Equal(2, router.state_dict()["noise_calls"].item<long>());
        router.state_dict()["noise_calls"].zero_();
        Assert.Equal(first, Operators.Entries<float>(router.forward(x).Gates));
    }

    [TorchFact]
    public void Noise_is_normal_and_that_of_a_call_has_nothing_to_do_with_that_of_another()
    {
        using var scope = NewDisposeScope();
        var router = new TopKRouter(1, 1000, 1000, 1, noise: 1, seed: 5, choice: RoutingChoice.Token, scaling: GateScaling.Softmax, dtype: ScalarType.Float64);
        using var constant = no_grad();
        router.parameters().Single().zero_();
        var (first, second) = (Noise(), Noise());
        Assert.All(new[] { first, second }, noise => Assert.InRange(noise.std().item<double>(), 0.9, 1.1));
        Assert.InRange((first * second).mean().item<double>(), -0.12, 0.12);

        // All experts are chosen, so the gates are the softmax of the noise.
        Tensor Noise()
        {
            var logarithms = router.forward(zeros(1, 1, ScalarType.Float64)).Gates.log();
            return logarithms - logarithms.mean();
        }
    }

    private static MixtureOfExperts Mixture(int seed)
    {
        var router = new TopKRouter(8, 4, 2, seed, noise: 0.5, seed: 77);
        var mixture = new MixtureOfExperts(router, [.. Enumerable.Range(0, 4).Select(_ => (nn.Module<Tensor, Tensor>)nn.Linear(8, 8))]);
        Pruning.Models.Fill(mixture, seed);
        return mixture;
    }

    private static double[] Train(MixtureOfExperts mixture, Tensor x, int steps)
    {
        var router = (TopKRouter)mixture.named_children().First(child => child.name == "router").module;
        var losses = new double[steps];
        for (var step = 0; step < steps; step++)
        {
            using var scope = NewDisposeScope();
            mixture.zero_grad();
            var loss = (mixture.call(x) - x).square().mean();
            loss.backward();
            losses[step] = loss.item<float>();
            router.lambda *= 0.9;
            using var constant = no_grad();
            foreach (var parameter in mixture.parameters())
            {
                parameter.sub_(parameter.grad! * 0.1);
            }
        }

        return losses;
    }
}
