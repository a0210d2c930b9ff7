using SparseTopK.Torch.Functions;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests.Safety;

/// <summary>Backward passes that cannot be computed: each is an exception that says why.</summary>
[Collection(nameof(ProcessWideTests))]
public class BackwardFailureTests
{
    [TorchTheory]
    [InlineData(ComputePath.Core)]
    [InlineData(ComputePath.TorchOperations)]
    public void A_change_in_place_of_what_the_backward_pass_needs_is_an_exception_that_says_so(ComputePath path)
    {
        using var on = new OnPath(path);
        using var scope = NewDisposeScope();
        Action[] calls =
        [
            () => ChangedMask(Leaf()).backward(),
            () => ChangedMagnitude(Leaf()).backward(),
            () => autograd.backward([ChangedMagnitude(Leaf())]),
            () => Gradient(Leaf(), ChangedMask),
            () => Gradient(Leaf(), ChangedMagnitude),
            () => Gradient(Leaf(), x => Functional.soft_rank(ChangedMagnitude(x) * Leaf(), 0.5).sum()),
            () => Gradient(Leaf(), x => ChangedMagnitude(Functional.soft_rank(x, 0.5))),
        ];
        foreach (var call in calls)
        {
            var message = Assert.ThrowsAny<Exception>(call).Message;
            Assert.StartsWith("The backward pass of topk_ma", message, StringComparison.Ordinal);
            Assert.Contains("modified by an inplace operation", message, StringComparison.Ordinal);
            Assert.DoesNotContain("frame #0", message, StringComparison.Ordinal);
        }

        // Nothing is left of those errors.
        Assert.All(Operators.Entries<double>(Gradient(Leaf(), x => Functional.topk_mask(x, 3, 0.6).sum())), v => Assert.True(double.IsFinite(v)));
    }

    [TorchTheory]
    [MemberData(nameof(FunctionCases.Names), MemberType = typeof(FunctionCases))]
    public void A_second_backward_pass_needs_the_graph_to_be_retained(string name, ComputePath path)
    {
        Assert.True(GraphTask.IsKnown);
        using var scope = NewDisposeScope();
        var x = Leaf();
        var loss = FunctionCases.Apply(name, x, -1, path).sum();
        var first = Operators.Entries<double>(autograd.grad([loss], [x], retain_graph: true)[0]);
        Assert.Equal(first, Operators.Entries<double>(autograd.grad([loss], [x])[0]));
        foreach (var call in new Action[] { () => autograd.grad([loss], [x]), () => loss.backward() })
        {
            Assert.Contains("retain_graph: true", Assert.ThrowsAny<Exception>(call).Message, StringComparison.Ordinal);
        }
    }

    [TorchFact]
    public void A_failure_on_a_thread_of_autograd_is_thrown_by_the_next_forward_pass()
    {
        using var scope = NewDisposeScope();
        var error = Console.Error;
        using var written = new StringWriter();
        Console.SetError(written);
        try
        {
            // As autograd does on its threads, outside of any backward() and grad().
            var g = BackwardFailure.Report("topk_mask", new InvalidOperationException("It is so."), Leaf());
            Assert.All(Operators.Entries<double>(g), v => Assert.True(double.IsNaN(v)));
        }
        finally
        {
            Console.SetError(error);
        }

        Assert.Contains("topk_mask has failed: It is so.", written.ToString(), StringComparison.Ordinal);
        Assert.Contains("It is so.", Assert.Throws<InvalidOperationException>(() => Functional.soft_rank(Leaf(), 1)).Message, StringComparison.Ordinal);
        Functional.soft_rank(Leaf(), 1);
    }

    [TorchFact]
    public void Other_errors_of_torch_keep_their_message()
    {
        using var scope = NewDisposeScope();
        Assert.ThrowsAny<Exception>(() => ChangedMask(Leaf()).backward());
        Assert.Contains("size", Assert.ThrowsAny<Exception>(() => zeros(2).view(3)).Message, StringComparison.Ordinal);
    }

    private static Tensor Leaf() => tensor(FunctionCases.Row).requires_grad_();

    private static Tensor Gradient(Tensor x, Func<Tensor, Tensor> function) => autograd.grad([function(x)], [x])[0];

    private static Tensor ChangedMask(Tensor x)
    {
        var y = Functional.topk_mask(x, 3, 0.6);
        using (no_grad())
        {
            y.mul_(2);
        }

        return y.sum();
    }

    private static Tensor ChangedMagnitude(Tensor x)
    {
        var z = Functional.topk_magnitude(x, 3, 0.6);
        using (no_grad())
        {
            x.add_(1);
        }

        return z.sum();
    }
}
