using SparseTopK.TestKit;
using static TorchSharp.torch;

namespace SparseTopK.Torch.Tests;

/// <summary>Long rows of few values: torch operations give what the core gives.</summary>
public class TieTests
{
    private const int Rows = 300;
    private const int Length = 1000;

    public static TheoryData<string, double, SoftRegularization> Cases
    {
        get
        {
            var cases = new TheoryData<string, double, SoftRegularization>();
            foreach (var (shape, lambda) in new[] { ("labels", 1), ("labels", 30), ("tenths", 30), ("tied", 0.5) })
            {
                cases.Add(shape, lambda, SoftRegularization.Quadratic);
                cases.Add(shape, lambda, SoftRegularization.Entropic);
            }

            return cases;
        }
    }

    [TorchTheory]
    [InlineData("labels")]
    [InlineData("tenths")]
    [InlineData("tied")]
    public void Isotonic_regression_of_long_rows_of_ties_is_that_of_the_core(string shape) =>
        AssertSame(shape, rows => Functional.isotonic_regression(rows), 1e-13);

    [TorchTheory]
    [MemberData(nameof(Cases))]
    public void Ranks_of_long_rows_of_ties_are_those_of_the_core(string shape, double lambda, SoftRegularization regularization) =>
        AssertSame(shape, rows => Functional.soft_rank(rows, lambda, regularization: regularization), 1e-15 * Length);

    [TorchTheory]
    [MemberData(nameof(Cases))]
    public void Sorts_of_long_rows_of_ties_are_those_of_the_core(string shape, double lambda, SoftRegularization regularization) =>
        AssertSame(shape, rows => Functional.soft_sort(rows, lambda, regularization: regularization), 1e-13);

    private static void AssertSame(string shape, Func<Tensor, Tensor> function, double tolerance)
    {
        using var scope = NewDisposeScope();
        var x = tensor(Enumerable.Range(0, Rows).SelectMany(seed => Inputs.WithTies(shape, Length, seed)).ToArray(), [Rows, Length]);
        Tensor On(ComputePath path)
        {
            using var on = new OnPath(path);
            return function(x);
        }

        var difference = (On(ComputePath.Core) - On(ComputePath.TorchOperations)).abs().amax([-1]);
        Assert.All(Operators.Entries<double>(difference), error => Assert.InRange(error, 0, tolerance));
    }
}
