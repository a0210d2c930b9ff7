namespace SparseTopK.TestKit;

/// <summary>The n x n Jacobians of isotonic regression and of the operators built on it, block by block.</summary>
public static class FamilyJacobian
{
    /// <summary>dv_i/dx_j = c_j/(sum c + E) within a block.</summary>
    public static OracleJacobian Isotonic(IsotonicProblem problem, IsotonicSolution solution)
    {
        var (q, lambda) = (problem.Norm.P == 0 ? 2 : problem.Norm.DualExponent, problem.Norm.Lambda);
        var c = problem.X.Select((x, i) => problem.Term == OracleTerm.LeastSquares
            ? problem.W[i]
            : (q - 1) * Math.Pow(Math.Abs(x - solution.V[i]) / lambda, q - 2) / lambda).ToArray();
        return Blocks(solution, (start, end, i, j) =>
        {
            // An entry alone that nothing pulls at is its own value, where c may be 0.
            var pull = problem.Term == OracleTerm.Quadratic ? problem.W[start..end].Sum() : 0;
            return end - start == 1 && pull == 0 ? 1 : c[j] / (c[start..end].Sum() + pull);
        });
    }

    /// <summary>d_i (1_(i=j) - d_j/sum d) within a block.</summary>
    public static OracleJacobian Permutahedron(SoftRow row, PNorm norm)
    {
        var d = SoftOracle.Pick(row.Y, row.Order).Select(y => Math.Pow(Math.Abs(y), 2 - norm.P) / (norm.Lambda * (norm.P - 1))).ToArray();
        var sorted = Blocks(row.Solution, (start, end, i, j) =>
            end - start == 1 ? 0 : d[i] * ((i == j ? 1 : 0) - (d[j] / d[start..end].Sum())));
        return Scatter(sorted, row.Order, row.Order);
    }

    /// <summary>(1_(i=j) - c_j)/lambda within a block; negative where descending.</summary>
    public static OracleJacobian Rank(SoftRow row, SoftOrder order)
    {
        var y = SoftOracle.Pick(row.Y, row.Order);
        var sign = order.Direction == SortDirection.Ascending ? 1 : -1;
        var sorted = Blocks(row.Solution, (start, end, i, j) =>
            sign * ((i == j ? 1 : 0) - Share(y, start, end, j, order.Regularization)) / order.Lambda);
        return Scatter(sorted, row.Order, row.Order);
    }

    /// <summary>Each place of a block follows each of its entries by that entry's share.</summary>
    public static OracleJacobian Sort(double[] x, SoftRow row, SoftOrder order)
    {
        var sign = order.Direction == SortDirection.Ascending ? -1 : 1;
        var w = SoftOracle.Pick(x, row.Order).Select(v => sign * v).ToArray();
        var sorted = Blocks(row.Solution, (start, end, i, j) => Share(w, start, end, j, order.Regularization));
        return Scatter(sorted, [.. Enumerable.Range(0, x.Length)], row.Order);
    }

    /// <summary>1/|B|, or exp u_j/sum over B of exp u.</summary>
    private static double Share(double[] u, int start, int end, int j, SoftRegularization regularization) =>
        regularization == SoftRegularization.Quadratic ? 1.0 / (end - start) : Math.Exp(u[j] - SoftOracle.LogSumExp(u[start..end]));

    private static OracleJacobian Blocks(IsotonicSolution solution, Func<int, int, int, int, double> entry)
    {
        var n = solution.V.Length;
        var matrix = new double[n, n];
        foreach (var (start, end) in solution.Blocks)
        {
            for (var i = start; i < end; i++)
            {
                for (var j = start; j < end; j++)
                {
                    matrix[i, j] = entry(start, end, i, j);
                }
            }
        }

        return Of(matrix);
    }

    private static OracleJacobian Scatter(OracleJacobian sorted, int[] rows, int[] columns)
    {
        var matrix = new double[rows.Length, columns.Length];
        for (var i = 0; i < rows.Length; i++)
        {
            for (var j = 0; j < columns.Length; j++)
            {
                matrix[rows[i], columns[j]] = sorted.Matrix[i, j];
            }
        }

        return Of(matrix);
    }

    private static OracleJacobian Of(double[,] matrix) => new(matrix, matrix.Cast<double>().Select(Math.Abs).DefaultIfEmpty(0).Max());
}
