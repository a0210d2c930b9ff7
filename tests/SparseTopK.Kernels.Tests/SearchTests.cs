using SparseTopK.Internals;
using SparseTopK.Kernels.Thresholding;
using SparseTopK.TestKit;
using SparseTopK.Thresholding;

namespace SparseTopK.Kernels.Tests;

/// <summary>How many passes over a long row a search makes: each is a launch where several groups share a row.</summary>
public class SearchTests
{
    private const int N = 100_000;

    public static TheoryData<string, double> Cases
    {
        get
        {
            var cases = new TheoryData<string, double>();
            foreach (var shape in (string[])["normal", "descending", "constant", "near-constant"])
            {
                foreach (var lambda in (double[])[0.01, 0.1, 1, 10, 100])
                {
                    cases.Add(shape, lambda);
                }
            }

            return cases;
        }
    }

    /// <summary>Beyond them one group alone goes on with a row, which is slow where many entries compete.</summary>
    [Theory]
    [MemberData(nameof(Cases))]
    public void A_search_ends_within_the_launches_that_are_queued_for_it(string shape, double lambda)
    {
        var x = shape switch
        {
            "constant" => [.. Enumerable.Repeat(1.0, N)],
            "near-constant" => Array.ConvertAll(Inputs.Normal(N, 1), v => 1 + (1e-6 * v)),
            "descending" => [.. Inputs.Normal(N, 1).OrderDescending()],
            _ => Inputs.Normal(N, 1),
        };
        foreach (var k in (int[])[N / 100, N / 10, N / 2])
        {
            Check<FirstPower, MaskOperator>(x, k, new(2, lambda));
            Check<FirstPower, MagnitudeOperator>(x, k, new(2, lambda));
            Check<ThirdPower, MaskOperator>(x, k, new(4.0 / 3, lambda));
            Check<ThirdPower, MagnitudeOperator>(x, k, new(4.0 / 3, lambda));
        }
    }

    private static void Check<TPower, TOperator>(double[] x, int k, PNorm norm)
        where TPower : unmanaged, IScalarPower
        where TOperator : struct, ITopKOperator =>
        Assert.InRange(Passes<TPower, TOperator>(x, k, norm), 1, LongForwardKernels.StepsFor(norm));

    /// <summary>Drives a search by passes over all keys, as the kernels do.</summary>
    private static int Passes<TPower, TOperator>(double[] x, int k, PNorm norm)
        where TPower : unmanaged, IScalarPower
        where TOperator : struct, ITopKOperator
    {
        var equation = new Equation<TPower>(norm, TOperator.Magnitude, default);
        var keys = Array.ConvertAll(x, TOperator.Key);
        var size = Sample.SizeFor(keys.Length);
        var sample = Enumerable.Range(0, size).Select(i => keys[Sample.Place(i, size, keys.Length)]).ToArray();
        var search = RootSearch.Of(k, keys.Length, size);
        var passes = 0;
        while (search.Stage != SearchStage.Done)
        {
            passes += search.SampleSize > 0 ? 0 : 1;
            var shown = search.SampleSize > 0 ? sample : keys;
            search.Advance(equation, Pass(search, shown, equation), keys.Length);
        }

        return passes;
    }

    private static Tally Pass<TPower>(RootSearch search, double[] keys, Equation<TPower> equation)
        where TPower : struct, IScalarPower => search.Stage switch
        {
            SearchStage.Survey => Show(keys, new SurveyTally(equation.LeastKey)),
            SearchStage.Classify => Show(keys, new ClassifyTally(search)),
            SearchStage.Seek => Show(keys, new SeekTally(search.Low)),
            _ => Show(keys, new EquationTally<TPower, CompensatedSum>(search, equation.Power)) with { Largest = keys.Max() },
        };

    private static Tally Show<TTally>(double[] keys, TTally tally)
        where TTally : struct, IKeyTally
    {
        foreach (var key in keys)
        {
            tally.Add(key);
        }

        return tally.Result;
    }
}
